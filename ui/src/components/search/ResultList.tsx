import { Link, useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import type { TraceSummary } from "../../api/queries";
import { formatDuration } from "../../model/duration";
import type { Sort } from "../../model/filters";
import { formatExact, formatRelative, formatStart, msOf, nsOf } from "../../model/moment";
import { durationScale, servicesThatFit } from "../../model/results";
import { CutName } from "../CutName";
import { Icon } from "../Icon";
import { useKeys } from "../keys";
import { ServiceChip, ServiceDot } from "../ServiceChip";
import type { ColourOf } from "../serviceColours";
import { useElementSize } from "../useElementSize";

const ROW_HEIGHT = 54;
const HEAD_HEIGHT = 32;
const MOST_CHIPS = 7;
const ROOT_MARK_WIDTH = 112;

interface ResultListProps {
  traces: TraceSummary[];
  sort: Sort;
  onSort: (sort: Sort) => void;
  colourOf: ColourOf;
  now_ms: number;
  highlighted: string | undefined;
  onHighlight: (traceId: string | undefined) => void;
  footer: ReactNode;
}

export function ResultList({ traces, sort, onSort, colourOf, now_ms, highlighted, onHighlight, footer }: ResultListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [nameCell, nameWidth] = useElementSize();
  const [focused, setFocused] = useState<number>();
  const navigate = useNavigate();
  const rows = useVirtualizer({ count: traces.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_HEIGHT, overscan: 8, scrollMargin: HEAD_HEIGHT, scrollPaddingStart: HEAD_HEIGHT });
  const scale = useMemo(() => durationScale(traces), [traces]);

  const move = (step: number) => {
    if (traces.length === 0) return;
    const next = Math.min(traces.length - 1, Math.max(0, focused === undefined ? 0 : focused + step));
    setFocused(next);
    rows.scrollToIndex(next);
  };
  const open = () => {
    if (focused !== undefined && traces[focused]) void navigate({ to: "/trace/$traceId", params: { traceId: traces[focused].trace_id }, search: {} });
  };
  useKeys({ j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1), Enter: open });
  useEffect(() => {
    scroller.current?.querySelector<HTMLElement>(`[data-row="${focused}"]`)?.focus({ preventScroll: true });
  }, [focused]);

  return (
    <section className="results" aria-label="Traces found">
      <div ref={scroller} className="result-scroll" data-testid="results" data-scroll-restoration-id="results">
        <div className="result-head">
          <div ref={nameCell}>Trace</div>
          <SortButton sort="spans" label="Spans" current={sort} onSort={onSort} />
          <SortButton sort="errors" label="Errors" current={sort} onSort={onSort} />
          <SortButton sort="duration" label="Duration" current={sort} onSort={onSort} />
          <SortButton sort="start" label="Start" current={sort} onSort={onSort} />
        </div>
        <div role="list" style={{ height: rows.getTotalSize(), position: "relative" }}>
          {rows.getVirtualItems().map(({ index, start }) => (
            <div role="listitem" key={traces[index].trace_id} aria-setsize={traces.length} aria-posinset={index + 1} className="result-slot" style={{ transform: `translateY(${start - HEAD_HEIGHT}px)`, height: ROW_HEIGHT }}>
              <ResultRow
                trace={traces[index]}
                index={index}
                scale={scale}
                width_px={nameWidth}
                colourOf={colourOf}
                now_ms={now_ms}
                isHighlighted={traces[index].trace_id === highlighted}
                onFocus={setFocused}
                onHighlight={onHighlight}
              />
            </div>
          ))}
        </div>
        {footer}
      </div>
    </section>
  );
}

function SortButton({ sort, label, current, onSort }: { sort: Sort; label: string; current: Sort; onSort: (sort: Sort) => void }) {
  const isCurrent = sort === current;
  const title = sort === "start" ? "Newest first" : "Largest first, sorted within the traces loaded";
  return (
    <button type="button" className={`sort sort-${sort}`} aria-pressed={isCurrent} title={title} onClick={() => onSort(sort)}>
      {label} {isCurrent && <Icon name="down" size={11} />}
    </button>
  );
}

interface ResultRowProps {
  trace: TraceSummary;
  index: number;
  scale: (duration_ns: number) => number;
  /** Of the cell with name and services. */
  width_px: number;
  colourOf: ColourOf;
  now_ms: number;
  isHighlighted: boolean;
  onFocus: (index: number) => void;
  onHighlight: (traceId: string | undefined) => void;
}

const ResultRow = memo(function ResultRow({ trace, index, scale, width_px, colourOf, now_ms, isHighlighted, onFocus, onHighlight }: ResultRowProps) {
  const start_ns = nsOf(trace.start_time_unix_nano);
  const start = formatStart(start_ns, now_ms);
  const { named, more } = servicesThatFit(trace.services, trace.root_service, MOST_CHIPS, width_px - (trace.root_is_missing ? ROOT_MARK_WIDTH : 0));
  return (
    <Link
      to="/trace/$traceId"
      params={{ traceId: trace.trace_id }}
      search={{}}
      className={`result${isHighlighted ? " highlighted" : ""}`}
      data-testid="trace-row"
      data-trace-id={trace.trace_id}
      data-row={index}
      onFocus={() => onFocus(index)}
      onMouseEnter={() => onHighlight(trace.trace_id)}
      onMouseLeave={() => onHighlight(undefined)}
    >
      <span className="result-main">
        <span className="result-title">
          <ServiceDot colour={colourOf(trace.root_service)} /> <strong>{trace.root_service || "no root yet"}</strong>
          <span className="result-name cut-name" title={trace.root_name}>
            <CutName name={trace.root_name} />
          </span>
        </span>
        <span className="result-services">
          {trace.root_is_missing && (
            <span className="root-missing" data-testid="root-missing" title="No root span has arrived: the trace may still be growing, or its first service sends nothing. The name is that of its earliest span.">
              root not here yet
            </span>
          )}
          {named.map((service) => (
            <ServiceChip key={service} name={service} colour={colourOf(service)} />
          ))}
          {more.length > 0 && (
            <span className="chip muted" title={more.join("\n")}>
              +{more.length}
            </span>
          )}
        </span>
      </span>
      <span className="result-spans number">
        {trace.span_count.toLocaleString("en")} <span className="sr-only">{trace.span_count === 1 ? "span" : "spans"}</span>
      </span>
      <span className="result-errors number">
        {trace.error_count > 0 ? (
          <span className="error-count">
            <Icon name="error" size={12} /> {trace.error_count.toLocaleString("en")} <span className="sr-only">{trace.error_count === 1 ? "error" : "errors"}</span>
          </span>
        ) : (
          <span className="faint">–</span>
        )}
      </span>
      <span className="result-duration">
        <span className="number">{formatDuration(trace.duration_ns)}</span>
        <span className="duration-track" title="In proportion to the longest trace of the list">
          <span className={trace.error_count > 0 ? "duration-bar with-errors" : "duration-bar"} style={{ width: `${100 * scale(trace.duration_ns)}%` }} />
        </span>
      </span>
      <span className="result-start number" title={`${formatExact(start_ns)}\n${formatRelative(msOf(start_ns), now_ms)}`}>
        <span>{start.clock}</span>
        <span className="muted small-text">{start.date ? start.date : formatRelative(msOf(start_ns), now_ms)}</span>
      </span>
    </Link>
  );
});
