import type { Trace } from "./trace";

/** Beyond this many children the shading would be finer than a pixel and cost more than it tells. */
const MOST_CHILDREN = 2000;

/** The parts of a span that its direct children cover, merged, as fractions (0..1) of the span; gaps under `grain` are closed. */
export function childSegments(trace: Trace, node: number, grain = 0.002): [from: number, to: number][] {
  const { tree, start_ns, end_ns } = trace;
  const start = start_ns[node];
  const length = end_ns[node] - start;
  if (length <= 0 || tree.childCount[node] === 0 || tree.childCount[node] > MOST_CHILDREN) return [];
  const segments: [number, number][] = [];
  const row = tree.rowOf[node];
  for (let next = row + 1; next < tree.subtreeEnd[row]; next = tree.subtreeEnd[next]) {
    const child = tree.order[next];
    const from = Math.max(0, (start_ns[child] - start) / length);
    const to = Math.min(1, (end_ns[child] - start) / length);
    if (to <= from) continue;
    const last = segments[segments.length - 1];
    if (last && from - last[1] < grain) last[1] = Math.max(last[1], to);
    else segments.push([from, to]);
  }
  return segments;
}
