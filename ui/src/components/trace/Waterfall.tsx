import { useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, type PointerEvent, useEffect, useRef, useState } from "react";
import { formatTick, position, type View } from "../../model/axis";
import { formatExactDuration } from "../../model/duration";
import type { Log } from "../../model/logs";
import type { Trace } from "../../model/trace";
import type { ColourOf } from "../serviceColours";
import { Splitter, useWidth } from "../Splitter";
import { useElementSize } from "../useElementSize";
import { Ruler, rulerMarks } from "./Ruler";
import { SpanRow } from "./SpanRow";
import type { TraceView } from "./useTraceView";

const ROW_HEIGHT = 26;
const HEAD_HEIGHT = 27;

interface WaterfallProps {
  trace: Trace;
  state: TraceView;
  selected: number | undefined;
  logsOf: Map<string, Log[]>;
  colourOf: ColourOf;
  onOpen: (node: number) => void;
}

export function Waterfall({ trace, state, selected, logsOf, colourOf, onOpen }: WaterfallProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [box, width] = useElementSize();
  const [nameWidth, setNameWidth] = useWidth("names", 380, 160, 900);
  const columns = Math.min(nameWidth, Math.max(160, width - 200));
  const { visible, cursor, view } = state;
  const rows = useVirtualizer({ count: visible.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_HEIGHT, overscan: 12, scrollMargin: HEAD_HEIGHT, scrollPaddingStart: HEAD_HEIGHT });
  const marks = rulerMarks(view, width - columns);

  const cursorRow = cursor === undefined ? -1 : rowIn(visible, trace.tree.rowOf, cursor);
  const isFirst = useRef(true);
  useEffect(() => {
    if (cursorRow >= 0) rows.scrollToIndex(cursorRow, { align: isFirst.current ? "center" : "auto" });
    isFirst.current = false;
    // Only the cursor's moves may scroll, not every new virtualiser.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [cursorRow]);
  useWheelZoom(scroller, columns, state);

  return (
    <div className="waterfall" style={{ "--names": `${columns}px` } as CSSProperties}>
      <Crosshair names={columns} width={width} view={view}>
        <div
          ref={scroller}
          className="rows"
          role="tree"
          tabIndex={0}
          aria-label="Spans"
          aria-activedescendant={cursorRow >= 0 ? `node-${cursor}` : undefined}
          data-testid="waterfall"
        >
          <div className="waterfall-head" ref={box} role="presentation">
            <div className="name-head">
              Service and operation
              <Splitter label="Width of the names" width={columns} onWidth={setNameWidth} side="left" />
            </div>
            <Ruler view={view} marks={marks} onView={state.setView} onReset={state.resetView} />
          </div>
          <div style={{ height: rows.getTotalSize(), position: "relative" }} role="presentation">
            <GridLines marks={marks} view={view} />
            {rows.getVirtualItems().map(({ index, start }) => {
              const node = visible[index];
              const span = trace.spans[node];
              return (
                <div key={node} className="row-slot" role="presentation" style={{ transform: `translateY(${start - HEAD_HEIGHT}px)` }}>
                  <SpanRow
                    trace={trace}
                    node={node}
                    view={view}
                    colour={span ? colourOf(span.service) : "var(--muted)"}
                    logs={span && logsOf.get(span.spanId)}
                    isCollapsed={state.collapsed.has(node)}
                    isCursor={node === cursor}
                    isSelected={node === selected}
                    isMatch={state.matchSet && state.matchSet.has(node)}
                    onToggle={state.toggle}
                    onOpen={onOpen}
                  />
                </div>
              );
            })}
          </div>
        </div>
      </Crosshair>
    </div>
  );
}

/** Visible nodes are in row order, so the place of one is found by halving. */
function rowIn(visible: Int32Array, rowOf: Int32Array, node: number): number {
  let low = 0;
  let high = visible.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (visible[middle] === node) return middle;
    if (rowOf[visible[middle]] < rowOf[node]) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

function GridLines({ marks, view }: { marks: number[]; view: View }) {
  return (
    <div className="grid-lines" aria-hidden="true">
      {marks.map((mark) => (
        <i key={mark} style={{ left: `${100 * position(view, mark)}%` }} />
      ))}
    </div>
  );
}

/** Ctrl (or Cmd) and the wheel zoom around the pointer; the browser must be kept from zooming the page instead. */
function useWheelZoom(scroller: React.RefObject<HTMLDivElement | null>, names: number, { view, zoom, panBy }: TraceView) {
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey && !event.shiftKey) return;
      event.preventDefault();
      const { left, width } = element.getBoundingClientRect();
      const share = Math.max(0, (event.clientX - left - names) / Math.max(1, width - names));
      if (event.shiftKey) panBy((event.deltaY || event.deltaX) / 1000);
      else zoom(1.0015 ** event.deltaY, view.from_ns + share * (view.to_ns - view.from_ns));
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  });
}

/** A line that follows the pointer over the lanes and tells the time there. */
function Crosshair({ names, width, view, children }: { names: number; width: number; view: View; children: React.ReactNode }) {
  const [at, setAt] = useState<number>();
  const follow = (event: PointerEvent<HTMLDivElement>) => {
    const { left } = event.currentTarget.getBoundingClientRect();
    const x = event.clientX - left - names;
    setAt(x < 0 || x > width - names ? undefined : x / Math.max(1, width - names));
  };
  const time_ns = at === undefined ? 0 : Math.round(view.from_ns + at * (view.to_ns - view.from_ns));
  return (
    <div className="crosshair-area" onPointerMove={follow} onPointerLeave={() => setAt(undefined)}>
      {children}
      {at !== undefined && (
        <div className="crosshair" style={{ left: names + at * (width - names) }} aria-hidden="true">
          <span title={formatExactDuration(time_ns)}>{formatTick(time_ns, (view.to_ns - view.from_ns) / 1000)}</span>
        </div>
      )}
    </div>
  );
}
