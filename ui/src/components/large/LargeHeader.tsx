import type { TraceOverview } from "../../api/windows";
import { formatDuration } from "../../model/duration";
import { formatClock, formatDate, formatExact, msOf } from "../../model/moment";
import { shortName } from "../../model/names";
import { CopyButton } from "../CopyButton";
import { Icon } from "../Icon";
import { ServiceDot } from "../ServiceChip";

interface LargeHeaderProps {
  traceId: string;
  overview: TraceOverview;
  origin_ns: bigint;
  colour: string;
  onReload: () => void;
  isReloading: boolean;
}

export function LargeHeader({ traceId, overview, origin_ns, colour, onReload, isReloading }: LargeHeaderProps) {
  const { first } = overview;
  const start_ms = msOf(origin_ns);
  const facts: [name: string, value: string, title?: string][] = [
    ["Start", `${formatDate(start_ms)} ${formatClock(start_ms, 3)}`, formatExact(origin_ns)],
    ["Duration", formatDuration(overview.duration_ns)],
    ["Spans", overview.span_count.toLocaleString("en")],
    ["Services", String(overview.services.length)],
    ["Errors", overview.error_count.toLocaleString("en")],
    ["Depth", String(overview.depth)],
  ];
  if (overview.newer_span_count > 0) facts.push(["Just came", `+${overview.newer_span_count.toLocaleString("en")}`, "Spans that are not shown yet: load again"]);
  if (overview.root_count !== 1) facts.push(["Roots", overview.root_count.toLocaleString("en")]);
  if (overview.orphan_count > 0) facts.push(["Orphans", overview.orphan_count.toLocaleString("en"), "Spans whose parent was not received (yet)"]);
  return (
    <header className="trace-header">
      <div className="trace-title">
        <h1 title={`${first.service} ${first.name}`}>
          <ServiceDot colour={colour} /> <span className="trace-service">{first.service}</span> {shortName(first.name) || "(no name)"}
        </h1>
        <p className="trace-id mono">
          {traceId}
          <CopyButton text={() => traceId} label="Copy the trace id" />
        </p>
      </div>
      <dl className="facts">
        {facts.map(([name, value, title]) => (
          <div key={name} title={title}>
            <dt>{name}</dt>
            <dd className={name === "Errors" && overview.error_count > 0 ? "error-text" : undefined}>{value}</dd>
          </div>
        ))}
      </dl>
      <div className="trace-actions">
        <CopyButton wide icon="link" label="Copy link" testId="copy-link" text={() => window.location.href} />
        <button type="button" className="icon-button" aria-label="Load again" title="Load again: spans may have come since" onClick={onReload} aria-busy={isReloading}>
          <Icon name="reload" />
        </button>
      </div>
    </header>
  );
}
