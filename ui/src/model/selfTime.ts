import type { Tree } from "./tree";

/** For each span, how much of its time none of its children covers. Overlapping children count once, what lies outside not at all. */
export function measureSelfTime(tree: Tree, start_ns: Float64Array, end_ns: Float64Array): Float64Array {
  const self = new Float64Array(tree.spanCount);
  const coveredUntil = new Float64Array(tree.order.length);
  for (const node of tree.order) {
    coveredUntil[node] = start_ns[node];
    if (node < tree.spanCount) self[node] = Math.max(0, end_ns[node] - start_ns[node]);
    const above = tree.parent[node];
    if (above === -1 || above >= tree.spanCount) continue;
    // Rows come in start order within a parent, so one mark of "covered until here" is enough.
    const from = Math.max(start_ns[node], coveredUntil[above]);
    const to = Math.min(end_ns[node], end_ns[above]);
    if (to <= from) continue;
    self[above] -= to - from;
    coveredUntil[above] = to;
  }
  return self;
}
