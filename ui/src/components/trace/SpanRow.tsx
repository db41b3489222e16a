import type { View } from "../../model/axis";
import { position } from "../../model/axis";
import { childSegments } from "../../model/childSegments";
import { formatDuration } from "../../model/duration";
import type { Log } from "../../model/logs";
import { nsOf } from "../../model/moment";
import { kindName } from "../../model/otlp";
import { descendantCount } from "../../model/rows";
import { durationOf, type Span, timeFault, type Trace } from "../../model/trace";
import { CutName } from "../CutName";
import { Icon } from "../Icon";

/** Deeper levels keep this indent (or half the column, see the style sheet), or their names would leave the column. */
const MOST_INDENT = 24;
const INDENT_PX = 14;

export interface SpanRowProps {
  trace: Trace;
  node: number;
  view: View;
  colour: string;
  logs: Log[] | undefined;
  isCollapsed: boolean;
  isCursor: boolean;
  isSelected: boolean;
  /** Undefined when nothing is searched. */
  isMatch: boolean | undefined;
  onToggle: (node: number) => void;
  onOpen: (node: number) => void;
}

export function SpanRow(props: SpanRowProps) {
  const { trace, node, isCursor, isSelected, isMatch, isCollapsed, onOpen } = props;
  const span: Span | undefined = trace.spans[node];
  const { tree } = trace;
  const states = [isCursor && "cursor", isSelected && "selected", isMatch === true && "match", isMatch === false && "dim", span?.isError && "error", !span && "missing"];
  return (
    <div
      id={`node-${node}`}
      role="treeitem"
      className={["span-row", ...states.filter(Boolean)].join(" ")}
      aria-level={tree.depth[node] + 1}
      aria-selected={isSelected}
      aria-expanded={tree.childCount[node] > 0 ? !isCollapsed : undefined}
      aria-label={rowLabel(trace, node)}
      data-testid={span ? "span-row" : "missing-parent-row"}
      data-span-id={span?.spanId}
      data-node={node}
      onClick={() => onOpen(node)}
    >
      <NameCell {...props} span={span} />
      <div className="lane">{span ? <Bar {...props} span={span} /> : <Hull {...props} />}</div>
    </div>
  );
}

function rowLabel(trace: Trace, node: number): string {
  const span: Span | undefined = trace.spans[node];
  if (!span) return `Missing parent ${trace.tree.missingParentIds[node - trace.spans.length]}`;
  return `${span.service}, ${span.name || "no name"}, ${formatDuration(durationOf(trace, node))}${span.isError ? ", error" : ""}`;
}

function NameCell({ trace, node, span, colour, isCollapsed, onToggle }: SpanRowProps & { span: Span | undefined }) {
  const { tree } = trace;
  const indent = Math.min(tree.depth[node], MOST_INDENT);
  const children = tree.childCount[node];
  const fault = timeFault(trace, node);
  const copies = trace.copies.get(node) ?? 1;
  return (
    <div className="name-cell" style={{ "--colour": colour, "--indent": `${indent * INDENT_PX}px` } as React.CSSProperties}>
      {indent > 0 && <span className="guides" aria-hidden="true" />}
      {children > 0 ? (
        <button
          type="button"
          tabIndex={-1}
          className={isCollapsed ? "twist" : "twist open"}
          aria-label={isCollapsed ? "Open children" : "Close children"}
          title={`${children} ${children === 1 ? "child" : "children"}, ${descendantCount(tree, node)} below`}
          onClick={(event) => {
            event.stopPropagation();
            onToggle(node);
          }}
        >
          {isCollapsed ? <span className="count">{shortCount(descendantCount(tree, node))}</span> : <Icon name="chevron" size={12} />}
        </button>
      ) : (
        <span className="twist leaf" />
      )}
      <span className="service-bar" />
      {span?.isError && (
        <span className="error-mark" title={span.raw.status?.message || "Error"}>
          <Icon name="error" size={13} />
        </span>
      )}
      {span ? (
        <span className="span-name cut-name" title={`${span.service} · ${span.name}\n${kindName(span.raw.kind ?? 0)}`}>
          {isNewService(trace, node) && <span className="span-service">{span.service}&nbsp;</span>}
          <CutName name={span.name} />
        </span>
      ) : (
        <span className="span-name">
          missing parent <span className="mono">{tree.missingParentIds[node - trace.spans.length]}</span>
        </span>
      )}
      {tree.depth[node] > MOST_INDENT && <span className="badge" title="Level in the tree; deeper levels are not indented further">{tree.depth[node]}</span>}
      {tree.cycleCut[node] === 1 && (
        <span className="badge" title="This span is its own ancestor. It is drawn as a root.">
          parent loop
        </span>
      )}
      {copies > 1 && (
        <span className="badge" title={`${copies} spans of this trace have this id, kind and service: the sender sent it more than once`}>
          {copies === 2 ? "sent twice" : `sent ${copies} times`}
        </span>
      )}
      {fault !== "none" && <span className="badge">{fault}</span>}
    </div>
  );
}

/** Down one service's own spans its name would only push the operations out of the column; the colour goes on. */
function isNewService(trace: Trace, node: number): boolean {
  const above: Span | undefined = trace.spans[trace.tree.parent[node]];
  return above?.service !== trace.spans[node].service;
}

function shortCount(count: number): string {
  return count < 1000 ? String(count) : `${Math.floor(count / 1000)}k`;
}

function Bar({ trace, node, view, colour, logs, span }: SpanRowProps & { span: Span }) {
  const { start_ns, end_ns } = trace;
  const first = Math.min(start_ns[node], end_ns[node]);
  const from = position(view, first);
  const to = position(view, Math.max(start_ns[node], end_ns[node]));
  const duration = durationOf(trace, node);
  return (
    <>
      <div className={`bar${duration < 0 ? " negative" : ""}`} style={{ left: `${100 * from}%`, width: `${100 * (to - from)}%`, "--colour": colour } as React.CSSProperties}>
        {duration > 0 && <ChildShade trace={trace} node={node} view={view} />}
      </div>
      <Ticks className="event-tick" times={(span.raw.events ?? []).map((event) => event.timeUnixNano)} trace={trace} view={view} what="event" />
      {logs && <Ticks className="log-tick" times={logs.map((log) => String(log.time_ns))} trace={trace} view={view} what="log" />}
      {to < 0 && <span className="bar-label outside">‹</span>}
      {from > 1 && <span className="bar-label outside right">›</span>}
      <span hidden={to < 0 || from > 1} className={to >= 0.88 && from <= 0.12 ? "bar-label inside" : "bar-label"} style={labelPlace(from, to)}>
        {formatDuration(duration)}
      </span>
    </>
  );
}

/** Where the label finds room: after the bar, before it, or in it. */
function labelPlace(from: number, to: number): React.CSSProperties {
  if (to < 0.88) return { left: `calc(${100 * Math.max(0, to)}% + 7px)` };
  if (from > 0.12) return { right: `calc(${100 * (1 - Math.min(1, from))}% + 7px)` };
  return { right: `calc(${100 * (1 - Math.min(1, to))}% + 6px)` };
}

/** Pale parts: time inside children. Positions are relative to the bar as drawn, which a zoom may have cut off. */
function ChildShade({ trace, node, view }: { trace: Trace; node: number; view: View }) {
  const start = trace.start_ns[node];
  const length = trace.end_ns[node] - start;
  const left = position(view, start);
  const width = position(view, start + length) - left;
  if (width <= 0) return null;
  return childSegments(trace, node).map(([from, to]) => {
    const a = (position(view, start + from * length) - left) / width;
    const b = (position(view, start + to * length) - left) / width;
    return <i key={from} className="child-shade" style={{ left: `${100 * a}%`, width: `${100 * (b - a)}%` }} />;
  });
}

interface TicksProps {
  className: string;
  times: (string | undefined)[];
  trace: Trace;
  view: View;
  what: string;
}

/** Marks closer than a thousandth of the lane are one. */
function Ticks({ className, times, trace, view, what }: TicksProps) {
  const counts = new Map<number, number>();
  for (const time of times) {
    const at = position(view, Number(nsOf(time) - trace.origin_ns));
    const place = Math.round(at * 1000);
    if (place >= 0 && place <= 1000) counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return [...counts].map(([place, count]) => <i key={place} className={className} style={{ left: `${place / 10}%` }} title={count === 1 ? `1 ${what}` : `${count} ${what}s`} />);
}

function Hull({ trace, node, view }: SpanRowProps) {
  const from = position(view, trace.start_ns[node]);
  const to = position(view, trace.end_ns[node]);
  return <div className="hull" style={{ left: `${100 * from}%`, width: `${100 * (to - from)}%` }} title="From the first to the last of its children; the span itself was not received" />;
}
