import type { ReactNode } from "react";
import { formatDuration, formatExactDuration } from "../../model/duration";
import type { Log } from "../../model/logs";
import { formatExact, nsOf } from "../../model/moment";
import { kindName, STATUS_OK } from "../../model/otlp";
import { durationOf, type Span, timeFault, type Trace } from "../../model/trace";
import { CopyButton } from "../CopyButton";
import { Icon } from "../Icon";
import { ServiceDot } from "../ServiceChip";
import { AttributeTable } from "./AttributeTable";
import { EventList } from "./EventList";
import { LinkList } from "./LinkList";
import { LogList } from "./LogList";

interface SpanDetailProps {
  trace: Trace;
  span: Span;
  logs: Log[];
  logsError: Error | null;
  colour: string;
  onClose: () => void;
}

export function SpanDetail({ trace, span, logs, logsError, colour, onClose }: SpanDetailProps) {
  const { raw, resource, scope } = span;
  const start_ns = nsOf(raw.startTimeUnixNano);
  const events = raw.events ?? [];
  const links = raw.links ?? [];
  return (
    <aside className="detail" data-testid="span-detail" data-span-id={span.spanId} aria-label={`Span ${span.name}`}>
      <header className="detail-head" style={{ borderTopColor: colour }}>
        <div>
          <p className="detail-service">
            <ServiceDot colour={colour} /> {span.service}
          </p>
          <h2>{span.name || "(no name)"}</h2>
        </div>
        <button type="button" className="icon-button" aria-label="Close details" title="Close (Esc)" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {span.isError && (
        <p className="status-message" data-testid="status-message">
          <Icon name="error" /> {raw.status?.message || "The span ended with an error; no message was given."}
        </p>
      )}
      <SpanFacts trace={trace} span={span} />
      <Section title="Attributes" count={raw.attributes?.length ?? 0}>
        <AttributeTable attributes={raw.attributes} dropped={raw.droppedAttributesCount} />
      </Section>
      <Section title="Events" count={events.length} dropped={raw.droppedEventsCount}>
        <EventList events={events} start_ns={start_ns} />
      </Section>
      <Section title="Logs" count={logs.length} note={logsError ? `Could not be read: ${logsError.message}` : undefined}>
        <LogList logs={logs} start_ns={start_ns} />
      </Section>
      <Section title="Links" count={links.length} dropped={raw.droppedLinksCount}>
        <LinkList links={links} traceId={trace.traceId} />
      </Section>
      <Section title="Resource" count={resource.attributes?.length ?? 0}>
        <AttributeTable attributes={resource.attributes} dropped={resource.droppedAttributesCount} />
        {span.resourceSchemaUrl && <p className="muted small-text">Schema {span.resourceSchemaUrl}</p>}
      </Section>
      {scope.name && (
        <Section title="Scope" count={scope.attributes?.length ?? 0} isAlways>
          <p className="mono small-text">
            {scope.name} {scope.version}
          </p>
          <AttributeTable attributes={scope.attributes} dropped={scope.droppedAttributesCount} />
          {span.scopeSchemaUrl && <p className="muted small-text">Schema {span.scopeSchemaUrl}</p>}
        </Section>
      )}
    </aside>
  );
}

function SpanFacts({ trace, span }: { trace: Trace; span: Span }) {
  const { raw, node } = span;
  const start_ns = nsOf(raw.startTimeUnixNano);
  const duration = durationOf(trace, node);
  const fault = timeFault(trace, node);
  return (
    <dl className="detail-facts">
      <Fact name="Duration">
        {formatDuration(duration)} {fault !== "none" && <span className="badge">{fault}</span>}
      </Fact>
      <Fact name="Own time">{formatDuration(trace.self_ns[node])}</Fact>
      <Fact name="Offset">{formatExactDuration(trace.start_ns[node])}</Fact>
      <Fact name="Kind">{kindName(raw.kind ?? 0)}</Fact>
      <Fact name="Status">{span.isError ? <span className="error-text">error</span> : raw.status?.code === STATUS_OK ? "ok" : "unset"}</Fact>
      <Fact name="Start" isWide>
        {start_ns === 0n ? "not set" : formatExact(start_ns)}
      </Fact>
      <Fact name="Span id" isWide>
        <span className="mono">{span.spanId}</span> <CopyButton text={() => span.spanId} label="Copy the span id" />
      </Fact>
      {raw.parentSpanId && (
        <Fact name="Parent" isWide>
          <span className="mono">{raw.parentSpanId}</span>
        </Fact>
      )}
      {raw.traceState && (
        <Fact name="Trace state" isWide>
          <span className="mono">{raw.traceState}</span>
        </Fact>
      )}
    </dl>
  );
}

function Fact({ name, isWide = false, children }: { name: string; isWide?: boolean; children: ReactNode }) {
  return (
    <div className={isWide ? "wide" : undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface SectionProps {
  title: string;
  count: number;
  dropped?: number;
  note?: string;
  /** Shown even when there is nothing to count. */
  isAlways?: boolean;
  children: ReactNode;
}

function Section({ title, count, dropped = 0, note, isAlways = false, children }: SectionProps) {
  if (count === 0 && dropped === 0 && !note && !isAlways) return null;
  return (
    <details className="section" open>
      <summary>
        <Icon name="chevron" size={12} /> {title} {count > 0 && <span className="muted">{count}</span>}
      </summary>
      {note && <p className="error-text small-text">{note}</p>}
      {children}
      {dropped > 0 && <p className="muted small-text">{dropped} more were dropped before they were sent.</p>}
    </details>
  );
}
