import type { Trace } from "./trace";

export interface MinimapBar {
  x: number;
  y: number;
  width: number;
  height: number;
  node: number;
}

/**
 * Bars of the overview in pixels: rows from top to bottom, time from left to right. In a large trace many spans fall on
 * one pixel; only the first of them is kept, so there are never more bars than pixels.
 */
export function minimapBars(trace: Trace, width: number, height: number): MinimapBar[] {
  const rows = trace.tree.order.length;
  const whole = Math.max(trace.length_ns, 1);
  const rowHeight = height / Math.max(rows, 1);
  const barHeight = Math.max(1, Math.min(3, rowHeight * 0.8));
  const isDense = rowHeight < 1;
  const painted = isDense ? new Uint8Array(Math.ceil(width + 1) * Math.ceil(height + 1)) : undefined;
  const bars: MinimapBar[] = [];
  for (let row = 0; row < rows; row++) {
    const node = trace.tree.order[row];
    if (node >= trace.spans.length) continue;
    const y = Math.floor(row * rowHeight);
    const first = Math.min(trace.start_ns[node], trace.end_ns[node]);
    const x = (first / whole) * width;
    const barWidth = Math.max(1, (Math.abs(trace.end_ns[node] - trace.start_ns[node]) / whole) * width);
    if (painted && !paint(painted, y * Math.ceil(width + 1), Math.floor(x), Math.floor(Math.min(width, x + barWidth)))) continue;
    bars.push({ x, y, width: barWidth, height: barHeight, node });
  }
  return bars;
}

/** Errors are drawn over all else and at least two pixels large: the one among 100,000 must be seen. */
export function errorBars(trace: Trace, width: number, height: number): MinimapBar[] {
  const { tree, spans, start_ns, end_ns } = trace;
  const whole = Math.max(trace.length_ns, 1);
  const rowHeight = height / Math.max(tree.order.length, 1);
  return spans
    .filter((span) => span.isError)
    .map(({ node }) => ({
      node,
      x: (start_ns[node] / whole) * width,
      y: Math.floor(tree.rowOf[node] * rowHeight),
      width: Math.max(2, ((end_ns[node] - start_ns[node]) / whole) * width),
      height: Math.max(2, Math.min(3, rowHeight * 0.8)),
    }));
}

/** Marks the pixels of a line; false when all were marked before. */
function paint(painted: Uint8Array, line: number, from: number, to: number): boolean {
  let isNew = false;
  for (let pixel = line + from; pixel < line + Math.max(from + 1, to); pixel++) {
    if (painted[pixel] === 1) continue;
    painted[pixel] = 1;
    isNew = true;
  }
  return isNew;
}
