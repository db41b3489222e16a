import type { Tree } from "./tree";

export type Collapsed = ReadonlySet<number>;

/** The nodes to draw, top to bottom: those without a collapsed ancestor. */
export function visibleNodes(tree: Tree, collapsed: Collapsed): Int32Array {
  if (collapsed.size === 0) return tree.order;
  const visible = new Int32Array(tree.order.length);
  let count = 0;
  for (let row = 0; row < tree.order.length; ) {
    const node = tree.order[row];
    visible[count++] = node;
    row = collapsed.has(node) ? tree.subtreeEnd[row] : row + 1;
  }
  return visible.subarray(0, count);
}

export function toggle(collapsed: Collapsed, node: number): Collapsed {
  const next = new Set(collapsed);
  if (!next.delete(node)) next.add(node);
  return next;
}

/** Everything deeper than `level` hidden; level 0 shows the roots only. */
export function collapseBelow(tree: Tree, level: number): Collapsed {
  const collapsed = new Set<number>();
  for (const node of tree.order) if (tree.depth[node] >= level && tree.childCount[node] > 0) collapsed.add(node);
  return collapsed;
}

/** The deepest level now open, so that "one level more / less" has something to count from. */
export function openLevel(tree: Tree, collapsed: Collapsed): number {
  let deepest = 0;
  for (const node of visibleNodes(tree, collapsed)) deepest = Math.max(deepest, tree.depth[node]);
  return deepest;
}

/** Opens the ancestors of a node, so that it can be seen. Same set when nothing had to be opened. */
export function reveal(tree: Tree, collapsed: Collapsed, node: number): Collapsed {
  let next: Set<number> | undefined;
  for (let above = tree.parent[node]; above !== -1; above = tree.parent[above]) {
    if (!collapsed.has(above)) continue;
    next ??= new Set(collapsed);
    next.delete(above);
  }
  return next ?? collapsed;
}

/** The nearest node that is drawn: itself, or its outermost collapsed ancestor. */
export function drawnNode(tree: Tree, collapsed: Collapsed, node: number): number {
  let drawn = node;
  for (let above = tree.parent[node]; above !== -1; above = tree.parent[above]) if (collapsed.has(above)) drawn = above;
  return drawn;
}

export function descendantCount(tree: Tree, node: number): number {
  const row = tree.rowOf[node];
  return tree.subtreeEnd[row] - row - 1;
}
