import { position, type View } from "../../model/axis";
import { counted } from "../../model/count";
import { formatDuration } from "../../model/duration";
import type { DrawnRow, TreeRow } from "../../model/lazyTree";
import { nsOf } from "../../model/moment";
import { CutName } from "../CutName";
import { Icon } from "../Icon";

const MOST_INDENT = 24;
const INDENT_PX = 14;

interface LargeRowProps {
  row: DrawnRow;
  origin_ns: bigint;
  view: View;
  colour: string;
  isOpen: boolean;
  isCursor: boolean;
  isSelected: boolean;
  onToggle: (span: TreeRow) => void;
  onOpen: (span: TreeRow) => void;
}

/** One span of a large trace, or a pale line as long as it is being read. */
export function LargeRow({ row, origin_ns, view, colour, isOpen, isCursor, isSelected, onToggle, onOpen }: LargeRowProps) {
  const { span } = row;
  const indent = Math.min(row.depth, MOST_INDENT);
  const style = { "--colour": colour, "--indent": `${indent * INDENT_PX}px` } as React.CSSProperties;
  if (!span) {
    return (
      <div className="span-row" role="treeitem" aria-level={row.depth + 1} aria-selected={false} aria-label="Being read" data-testid="unread-row">
        <div className="name-cell" style={style}>
          {indent > 0 && <span className="guides" aria-hidden="true" />}
          <span className="twist leaf" /> <span className="muted">…</span>
        </div>
        <div className="lane" />
      </div>
    );
  }
  const hasFailed = span.status === "error";
  const states = [isCursor && "cursor", isSelected && "selected", hasFailed && "error"];
  return (
    <div
      id={`span-${span.ref}`}
      role="treeitem"
      className={["span-row", ...states.filter(Boolean)].join(" ")}
      aria-level={row.depth + 1}
      aria-selected={isSelected}
      aria-expanded={span.child_count > 0 ? isOpen : undefined}
      aria-label={`${span.service}, ${span.name || "no name"}, ${formatDuration(span.duration_ns)}${hasFailed ? ", error" : ""}`}
      data-testid="span-row"
      data-span-id={span.span_id}
      onClick={() => onOpen(span)}
    >
      <div className="name-cell" style={style}>
        {indent > 0 && <span className="guides" aria-hidden="true" />}
        {span.child_count > 0 ? <Twist span={span} isOpen={isOpen} onToggle={onToggle} /> : <span className="twist leaf" />}
        <span className="service-bar" />
        {hasFailed && (
          <span className="error-mark" title="Error">
            <Icon name="error" size={13} />
          </span>
        )}
        <span className="span-name cut-name" title={`${span.service} · ${span.name}\n${span.kind}`}>
          <span className="span-service">{span.service}&nbsp;</span>
          <CutName name={span.name} />
        </span>
        {row.depth > MOST_INDENT && <span className="badge">{row.depth}</span>}
        {span.place === "orphan" && <span className="badge" title="Its parent was not received (yet)">parent missing</span>}
        {span.place === "cycle" && <span className="badge" title="This span is its own ancestor. It is drawn as a root.">parent loop</span>}
        {!isOpen && span.errors_below > 0 && <span className="badge error" title={`${counted(span.errors_below, "failed span")} below`}>{shortCount(span.errors_below)} err</span>}
      </div>
      <div className="lane">
        <Bar span={span} origin_ns={origin_ns} view={view} colour={colour} />
      </div>
    </div>
  );
}

function Twist({ span, isOpen, onToggle }: { span: TreeRow; isOpen: boolean; onToggle: (span: TreeRow) => void }) {
  return (
    <button
      type="button"
      tabIndex={-1}
      className={isOpen ? "twist open" : "twist"}
      aria-label={isOpen ? "Close children" : "Open children"}
      title={`${span.child_count.toLocaleString("en")} ${span.child_count === 1 ? "child" : "children"}, ${span.descendant_count.toLocaleString("en")} below`}
      onClick={(event) => {
        event.stopPropagation();
        onToggle(span);
      }}
    >
      {isOpen ? <Icon name="chevron" size={12} /> : <span className="count">{shortCount(span.descendant_count)}</span>}
    </button>
  );
}

function Bar({ span, origin_ns, view, colour }: { span: TreeRow; origin_ns: bigint; view: View; colour: string }) {
  const start = nsOf(span.start_time_unix_nano);
  const first = start === 0n ? 0 : Number(start - origin_ns);
  const from = position(view, Math.min(first, first + span.duration_ns));
  const to = position(view, Math.max(first, first + span.duration_ns));
  const isAside = to < 0 || from > 1;
  return (
    <>
      <div className={`bar${span.duration_ns < 0 ? " negative" : ""}`} style={{ left: `${100 * from}%`, width: `${100 * (to - from)}%`, "--colour": colour } as React.CSSProperties} />
      {to < 0 && <span className="bar-label outside">‹</span>}
      {from > 1 && <span className="bar-label outside right">›</span>}
      <span hidden={isAside} className={to >= 0.88 && from <= 0.12 ? "bar-label inside" : "bar-label"} style={labelPlace(from, to)}>
        {formatDuration(span.duration_ns)}
      </span>
    </>
  );
}

function labelPlace(from: number, to: number): React.CSSProperties {
  if (to < 0.88) return { left: `calc(${100 * Math.max(0, to)}% + 7px)` };
  if (from > 0.12) return { right: `calc(${100 * (1 - Math.min(1, from))}% + 7px)` };
  return { right: `calc(${100 * (1 - Math.min(1, to))}% + 6px)` };
}

function shortCount(count: number): string {
  if (count < 1000) return String(count);
  return count < 1_000_000 ? `${Math.floor(count / 1000)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}
