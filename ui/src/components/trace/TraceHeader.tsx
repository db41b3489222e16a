import { traceFileUrl } from "../../api/client";
import { formatDuration } from "../../model/duration";
import { formatClock, formatDate, formatExact, formatRelative, msOf } from "../../model/moment";
import { shortName } from "../../model/names";
import type { Trace } from "../../model/trace";
import { CopyButton } from "../CopyButton";
import { Icon } from "../Icon";
import { ServiceDot } from "../ServiceChip";
import type { ColourOf } from "../serviceColours";

interface TraceHeaderProps {
  trace: Trace;
  read_ms: number;
  logCount: number | undefined;
  areLogsOpen: boolean;
  colourOf: ColourOf;
  onLogs: () => void;
  onErrors: () => void;
  onReload: () => void;
  isReloading: boolean;
}

export function TraceHeader({ trace, read_ms, logCount, areLogsOpen, colourOf, onLogs, onErrors, onReload, isReloading }: TraceHeaderProps) {
  const { root, tree } = trace;
  const start_ms = msOf(trace.origin_ns);
  const rootCount = tree.order.reduce((count, node) => count + Number(tree.parent[node] === -1 && node < tree.spanCount), 0);
  return (
    <header className="trace-header">
      <div className="trace-title">
        <h1 title={root && `${root.service} ${root.name}`}>
          {root && <ServiceDot colour={colourOf(root.service)} />} <span className="trace-service">{root?.service}</span> {shortName(root?.name ?? "") || "(no name)"}
        </h1>
        <p className="trace-id mono">
          {trace.traceId}
          <CopyButton text={() => trace.traceId} label="Copy the trace id" />
        </p>
      </div>
      <dl className="facts">
        <Fact name="Start" value={`${formatDate(start_ms)} ${formatClock(start_ms, 3)}`} title={`${formatExact(trace.origin_ns)}\n${formatRelative(start_ms, read_ms)}`} />
        <Fact name="Duration" value={formatDuration(trace.length_ns)} title={`${trace.length_ns.toLocaleString("en")} ns`} />
        <Fact name="Spans" value={trace.spans.length.toLocaleString("en")} />
        <Fact name="Services" value={String(trace.services.length)} />
        <Fact name="Errors" value={trace.errorCount.toLocaleString("en")} isBad={trace.errorCount > 0} title={trace.errorCount > 0 ? "Go to the next error, first where they began (e)" : undefined} onClick={trace.errorCount > 0 ? onErrors : undefined} />
        <Fact name="Depth" value={String(tree.maxDepth + 1)} />
        {rootCount !== 1 && <Fact name="Roots" value={String(rootCount)} title={rootCount === 0 ? "The root span was not received (yet)" : "Several spans have no parent"} />}
      </dl>
      <div className="trace-actions">
        <button type="button" className="button" aria-pressed={areLogsOpen} disabled={!logCount} data-testid="trace-logs" onClick={onLogs}>
          <Icon name="logs" /> Logs {logCount !== undefined && <span className="muted">{logCount.toLocaleString("en")}</span>}
        </button>
        <CopyButton wide icon="link" label="Copy link" testId="copy-link" text={() => window.location.href} />
        <a className="button" href={traceFileUrl(trace.traceId)} download={`trace-${trace.traceId}.json`} data-testid="download-json">
          <Icon name="download" /> JSON
        </a>
        <button type="button" className="icon-button" aria-label="Load again" title="Load again: spans may have come since" onClick={onReload} aria-busy={isReloading}>
          <Icon name="reload" />
        </button>
      </div>
    </header>
  );
}

interface FactProps {
  name: string;
  value: string;
  title?: string;
  isBad?: boolean;
  onClick?: () => void;
}

function Fact({ name, value, title, isBad = false, onClick }: FactProps) {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd className={isBad ? "error-text" : undefined}>
        {onClick ? (
          <button type="button" className="fact-button" data-testid={`fact-${name.toLowerCase()}`} aria-label={`${value} ${name.toLowerCase()}: go to the next`} onClick={onClick}>
            {value}
          </button>
        ) : (
          value
        )}
      </dd>
    </div>
  );
}
