import { type CSSProperties, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { View } from "../../model/axis";
import type { TreeRow } from "../../model/lazyTree";
import { pixelsAbove, scrollHeight, scrollTo } from "../../model/scrollRows";
import type { ColourOf } from "../serviceColours";
import { Splitter, useWidth } from "../Splitter";
import { Ruler, rulerMarks } from "../trace/Ruler";
import { useElementSize } from "../useElementSize";
import { LargeRow } from "./LargeRow";
import type { LargeTrace } from "./useLargeTrace";

const ROW_HEIGHT = 26;
const HEAD_HEIGHT = 27;
const OVERSCAN = 12;

interface LargeWaterfallProps {
  state: LargeTrace;
  origin_ns: bigint;
  view: View;
  selectedRef: string | undefined;
  colourOf: ColourOf;
  onView: (view: View) => void;
  onReset: () => void;
  onOpen: (span: TreeRow) => void;
}

export function LargeWaterfall({ state, origin_ns, view, selectedRef, colourOf, onView, onReset, onOpen }: LargeWaterfallProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [area, , areaHeight] = useElementSize();
  const [box, width] = useElementSize();
  const [scrolled, setScrolled] = useState(0);
  const [nameWidth, setNameWidth] = useWidth("names", 380, 160, 900);
  const columns = Math.min(nameWidth, Math.max(160, width - 200));
  const { count, cursorRow, see } = state;
  const list = { count, rowHeight: ROW_HEIGHT, viewHeight: Math.max(ROW_HEIGHT, areaHeight - HEAD_HEIGHT) };
  const above = pixelsAbove(list, scrolled);
  const from = Math.max(0, Math.floor(above / ROW_HEIGHT) - OVERSCAN);
  const to = Math.min(count - 1, Math.ceil((above + list.viewHeight) / ROW_HEIGHT) + OVERSCAN);
  const indexes = Array.from({ length: Math.max(0, to - from + 1) }, (_, place) => from + place);
  const marks = rulerMarks(view, width - columns);
  useEffect(() => see(from, to), [see, from, to]);
  useLayoutEffect(() => {
    if (cursorRow !== undefined && scroller.current) scroller.current.scrollTop = scrollTo(list, cursorRow, scroller.current.scrollTop);
    // Only the cursor's moves may scroll, not every page that is read.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [cursorRow, state.cursor?.ref]);

  return (
    <div className="waterfall" style={{ "--names": `${columns}px` } as CSSProperties}>
      <div className="crosshair-area" ref={area}>
        <div ref={scroller} className="rows" role="tree" tabIndex={0} aria-label="Spans" aria-activedescendant={state.cursor && `span-${state.cursor.ref}`} data-testid="waterfall" onScroll={(event) => setScrolled(event.currentTarget.scrollTop)}>
          <div className="waterfall-head" ref={box} role="presentation">
            <div className="name-head">
              Service and operation
              <Splitter label="Width of the names" width={columns} onWidth={setNameWidth} side="left" />
            </div>
            <Ruler view={view} marks={marks} onView={onView} onReset={onReset} />
          </div>
          <div style={{ height: scrollHeight(list), position: "relative" }} role="presentation">
            {indexes.map((index) => {
              const row = state.rowAt(index);
              const { span } = row;
              const y = scrolled + index * ROW_HEIGHT - above;
              return (
                <div key={`${row.parentRef}/${row.place}`} className="row-slot" role="presentation" style={{ transform: `translateY(${y}px)` }}>
                  <LargeRow
                    row={row}
                    origin_ns={origin_ns}
                    view={view}
                    colour={span ? colourOf(span.service) : "var(--muted)"}
                    isOpen={span !== undefined && state.isOpen(span)}
                    isCursor={span !== undefined && span.ref === state.cursor?.ref}
                    isSelected={span !== undefined && span.ref === selectedRef}
                    onToggle={state.toggle}
                    onOpen={onOpen}
                  />
                </div>
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}
