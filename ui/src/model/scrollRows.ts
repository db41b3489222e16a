/** Browsers draw elements of up to some 17 million pixels (Firefox): beyond this, a pixel of scrolling is more than a row's. */
const MOST_PIXELS = 15_000_000;

/** A list of rows in a box with a scroll bar, which may stand for more rows than it has pixels for. */
export interface ScrollRows {
  count: number;
  rowHeight: number;
  /** Of the box, in pixels. */
  viewHeight: number;
}

/** What the scroll bar goes over, in pixels. */
export function scrollHeight({ count, rowHeight }: ScrollRows): number {
  return Math.min(MOST_PIXELS, count * rowHeight);
}

/** How many pixels of rows are above the box when it is scrolled that far. */
export function pixelsAbove(rows: ScrollRows, scrollTop: number): number {
  const { count, rowHeight, viewHeight } = rows;
  const way = scrollHeight(rows) - viewHeight;
  if (way <= 0) return 0;
  return (Math.min(Math.max(0, scrollTop), way) / way) * (count * rowHeight - viewHeight);
}

/** How far to scroll so that a row is in the box, with some rows above and below it where there are any. */
export function scrollTo(rows: ScrollRows, row: number, scrollTop: number, margin = 3): number {
  const { count, rowHeight, viewHeight } = rows;
  const all = count * rowHeight - viewHeight;
  if (all <= 0) return 0;
  const above = pixelsAbove(rows, scrollTop);
  const first = row * rowHeight - margin * rowHeight;
  const last = (row + 1 + margin) * rowHeight - viewHeight;
  const wanted = above > first ? first : above < last ? last : above;
  return (Math.min(Math.max(0, wanted), all) / all) * (scrollHeight(rows) - viewHeight);
}
