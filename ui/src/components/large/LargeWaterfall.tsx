import { useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, useEffect, useRef } from "react";
import type { View } from "../../model/axis";
import type { TreeRow } from "../../model/lazyTree";
import type { ColourOf } from "../serviceColours";
import { Splitter, useWidth } from "../Splitter";
import { Ruler, rulerMarks } from "../trace/Ruler";
import { useElementSize } from "../useElementSize";
import { LargeRow } from "./LargeRow";
import type { LargeTrace } from "./useLargeTrace";

const ROW_HEIGHT = 26;
const HEAD_HEIGHT = 27;
/** Browsers draw elements of up to some 17 million pixels (Firefox): beyond that, a pixel of scrolling is many rows. */
const MOST_PIXELS = 15_000_000;

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
  const [box, width] = useElementSize();
  const [nameWidth, setNameWidth] = useWidth("names", 380, 160, 900);
  const columns = Math.min(nameWidth, Math.max(160, width - 200));
  const { count, cursorRow, see } = state;
  // Rows are drawn where a shrunken scroll height puts them; each still has its full height.
  const shrink = Math.max(1, (count * ROW_HEIGHT) / MOST_PIXELS);
  const rows = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT / shrink,
    overscan: 40,
    scrollMargin: HEAD_HEIGHT,
    scrollPaddingStart: HEAD_HEIGHT,
  });
  const items = rows.getVirtualItems();
  const top = Math.max(0, Math.floor(((rows.scrollOffset ?? 0) * shrink) / ROW_HEIGHT));
  const shown = items.filter(({ index }) => index >= top - 12 && index <= top + Math.ceil((scroller.current?.clientHeight ?? 800) / ROW_HEIGHT) + 12);
  const marks = rulerMarks(view, width - columns);
  const [from, to] = [shown.at(0)?.index ?? 0, shown.at(-1)?.index ?? -1];
  useEffect(() => see(from, to), [see, from, to]);
  useEffect(() => {
    if (cursorRow !== undefined) rows.scrollToIndex(cursorRow, { align: "auto" });
    // Only the cursor's moves may scroll, not every new virtualiser.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [cursorRow, state.cursor?.ref]);

  return (
    <div className="waterfall" style={{ "--names": `${columns}px` } as CSSProperties}>
      <div className="crosshair-area">
        <div ref={scroller} className="rows" role="tree" tabIndex={0} aria-label="Spans" aria-activedescendant={state.cursor && `span-${state.cursor.ref}`} data-testid="waterfall">
        <div className="waterfall-head" ref={box} role="presentation">
          <div className="name-head">
            Service and operation
            <Splitter label="Width of the names" width={columns} onWidth={setNameWidth} side="left" />
          </div>
          <Ruler view={view} marks={marks} onView={onView} onReset={onReset} />
        </div>
        <div style={{ height: rows.getTotalSize(), position: "relative" }} role="presentation">
          {shown.map(({ index, start }) => {
            const row = state.rowAt(index);
            const { span } = row;
            const y = shrink === 1 ? start - HEAD_HEIGHT : (rows.scrollOffset ?? 0) + (index - top) * ROW_HEIGHT;
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
