/**
 * A tree of which only what is looked at has been read. The children of a span are a branch: how many there are is
 * known, who they are only in the pages that were read. Rows are counted in runs, so that a span with a million
 * children costs nothing until they are looked at.
 */

/** A span as a window shows it. */
export interface TreeRow {
  /** The span's id, with `~1`, `~2`, … for the next spans that have the same. */
  ref: string;
  span_id: string;
  parent_ref: string | null;
  service: string;
  name: string;
  kind: string;
  start_time_unix_nano: string;
  duration_ns: number;
  status: "unset" | "ok" | "error";
  place: "child" | "root" | "orphan" | "cycle";
  depth: number;
  position: number;
  child_count: number;
  descendant_count: number;
  errors_below: number;
}

export const PAGE = 100;
/** The branch of what stands at the top. */
export const TOP = "";

export interface Branch {
  total: number;
  rows: ReadonlyMap<number, TreeRow>;
}

export interface LazyTree {
  branches: ReadonlyMap<string, Branch>;
  open: ReadonlySet<string>;
}

/** `count` children of one parent from place `first` on, drawn in the rows from `row` on. */
export interface Run {
  parentRef: string;
  first: number;
  count: number;
  row: number;
  depth: number;
}

export interface DrawnRow {
  parentRef: string;
  place: number;
  depth: number;
  /** Undefined as long as its page has not been read. */
  span: TreeRow | undefined;
}

export const EMPTY: LazyTree = { branches: new Map(), open: new Set() };

export function withPage(tree: LazyTree, parentRef: string, total: number, offset: number, spans: TreeRow[]): LazyTree {
  const rows = new Map(tree.branches.get(parentRef)?.rows);
  spans.forEach((span, place) => rows.set(offset + place, span));
  return { ...tree, branches: new Map(tree.branches).set(parentRef, { total, rows }) };
}

export function toggled(tree: LazyTree, span: TreeRow): LazyTree {
  const open = new Set(tree.open);
  if (open.delete(span.ref) || span.child_count === 0) return { ...tree, open };
  open.add(span.ref);
  return { ...withBranch(tree, span), open };
}

/** Opens the way to a span; `ancestors` are those of a path, the topmost first. */
export function revealed(tree: LazyTree, ancestors: TreeRow[], span: TreeRow): LazyTree {
  let next = tree;
  const open = new Set(tree.open);
  for (const ancestor of ancestors) {
    next = withBranch(withRow(next, ancestor), ancestor);
    open.add(ancestor.ref);
  }
  return { ...withRow(next, span), open };
}

function withBranch(tree: LazyTree, span: TreeRow): LazyTree {
  if (tree.branches.has(span.ref)) return tree;
  return { ...tree, branches: new Map(tree.branches).set(span.ref, { total: span.child_count, rows: new Map() }) };
}

function withRow(tree: LazyTree, span: TreeRow): LazyTree {
  const parentRef = span.parent_ref ?? TOP;
  const branch = tree.branches.get(parentRef);
  if (branch?.rows.has(span.position)) return tree;
  return withPage(tree, parentRef, branch?.total ?? span.position + 1, span.position, [span]);
}

/** What is drawn, from top to bottom. */
export function runsOf(tree: LazyTree): Run[] {
  const runs: Run[] = [];
  let row = 0;
  const add = (parentRef: string, first: number, count: number, depth: number) => {
    if (count > 0) runs.push({ parentRef, first, count, row, depth });
    row += count;
  };
  const walk = (parentRef: string, depth: number) => {
    const branch = tree.branches.get(parentRef);
    if (!branch) return;
    let next = 0;
    for (const [place, span] of openRows(tree, branch)) {
      add(parentRef, next, place + 1 - next, depth);
      walk(span.ref, depth + 1);
      next = place + 1;
    }
    add(parentRef, next, branch.total - next, depth);
  };
  walk(TOP, 0);
  return runs;
}

function openRows(tree: LazyTree, branch: Branch): [number, TreeRow][] {
  return [...branch.rows].filter(([, span]) => tree.open.has(span.ref)).sort(([a], [b]) => a - b);
}

export function rowCount(runs: Run[]): number {
  const last = runs.at(-1);
  return last ? last.row + last.count : 0;
}

export function drawnRow(tree: LazyTree, runs: Run[], row: number): DrawnRow {
  const run = runs[runAt(runs, row)];
  const place = run.first + row - run.row;
  return { parentRef: run.parentRef, place, depth: run.depth, span: tree.branches.get(run.parentRef)?.rows.get(place) };
}

/** The pages that rows `from` to `to` need and that have not been read: where each begins. */
export function missingPages(tree: LazyTree, runs: Run[], from: number, to: number): { parentRef: string; offset: number }[] {
  const missing = new Map<string, { parentRef: string; offset: number }>();
  for (let row = Math.max(0, from); row <= Math.min(to, rowCount(runs) - 1); row++) {
    const { parentRef, place, span } = drawnRow(tree, runs, row);
    const offset = place - (place % PAGE);
    if (!span) missing.set(`${parentRef}/${offset}`, { parentRef, offset });
  }
  return [...missing.values()];
}

/** The row in which a span is drawn; undefined when it isn't. */
export function rowOf(runs: Run[], span: TreeRow): number | undefined {
  const parentRef = span.parent_ref ?? TOP;
  const run = runs.find((each) => each.parentRef === parentRef && span.position >= each.first && span.position < each.first + each.count);
  return run && run.row + span.position - run.first;
}

function runAt(runs: Run[], row: number): number {
  let low = 0;
  let high = runs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (runs[middle].row <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What is typed into the search of a trace, as a question to the server: `key=value`, `status=error`, or text. */
export function findFilter(typed: string): URLSearchParams | undefined {
  const text = typed.trim();
  if (text === "") return undefined;
  if (text === "status=error") return new URLSearchParams({ status: "error" });
  return new URLSearchParams(text.indexOf("=") > 0 ? { attr: text } : { q: text });
}
