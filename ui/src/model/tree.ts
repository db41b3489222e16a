import { KIND_CLIENT, KIND_SERVER } from "./otlp";

/** The tree of a trace as flat arrays, so that 100,000 spans cost milliseconds and no recursion. */

export interface TreeInput {
  spanIds: string[];
  parentIds: string[];
  services: string[];
  kinds: ArrayLike<number>;
  /** Start of each span, in ns from any common origin. */
  start_ns: ArrayLike<number>;
}

/**
 * Nodes 0..spanCount-1 are the spans; those after them are markers, one for each parent id that no span has.
 * Rows are nodes in drawing order (parents before children, siblings by start).
 */
export interface Tree {
  spanCount: number;
  missingParentIds: string[];
  parent: Int32Array;
  depth: Int32Array;
  childCount: Int32Array;
  /** 1 for a span made a root because its parents form a circle. */
  cycleCut: Uint8Array;
  order: Int32Array;
  rowOf: Int32Array;
  /** For each row, the row after its last descendant. */
  subtreeEnd: Int32Array;
  maxDepth: number;
}

export function buildTree(input: TreeInput): Tree {
  const { parent, missingParentIds } = resolveParents(input);
  const byStart = nodesByStart(input, parent, missingParentIds.length);
  const cycleCut = cutCycles(parent, byStart);
  return arrange(input.spanIds.length, missingParentIds, parent, byStart, cycleCut);
}

function resolveParents(input: TreeInput): { parent: Int32Array; missingParentIds: string[] } {
  const count = input.spanIds.length;
  const byId = indexById(input.spanIds);
  const markers = new Map<string, number>();
  const parent: number[] = new Array(count);
  for (let node = 0; node < count; node++) {
    parent[node] = parentOf(input, byId, node);
    const missing = input.parentIds[node];
    if (parent[node] !== -1 || missing === "") continue;
    if (!markers.has(missing)) markers.set(missing, count + markers.size);
    parent[node] = markers.get(missing)!;
  }
  for (let marker = 0; marker < markers.size; marker++) parent.push(-1);
  return { parent: Int32Array.from(parent), missingParentIds: [...markers.keys()] };
}

function indexById(spanIds: string[]): Map<string, number[]> {
  const byId = new Map<string, number[]>();
  for (let node = 0; node < spanIds.length; node++) {
    const twins = byId.get(spanIds[node]);
    if (twins) twins.push(node);
    else byId.set(spanIds[node], [node]);
  }
  return byId;
}

/**
 * Several spans can carry one id. Zipkin's clients share it with the server, which then belongs below the client;
 * a child of such a pair belongs to the one of its own service.
 */
function parentOf(input: TreeInput, byId: Map<string, number[]>, node: number): number {
  if (input.kinds[node] === KIND_SERVER && input.spanIds[node] !== "") {
    const twins = byId.get(input.spanIds[node])!;
    const client = twins.length > 1 ? twins.find((twin) => twin !== node && input.kinds[twin] === KIND_CLIENT) : undefined;
    if (client !== undefined) return client;
  }
  const candidates = byId.get(input.parentIds[node]);
  if (input.parentIds[node] === "" || candidates === undefined) return -1;
  if (candidates.length === 1) return candidates[0];
  return candidates.find((other) => other !== node && input.services[other] === input.services[node]) ?? candidates[0];
}

function nodesByStart(input: TreeInput, parent: Int32Array, markerCount: number): Int32Array {
  const spanCount = input.spanIds.length;
  const start = new Float64Array(spanCount + markerCount).fill(Infinity, spanCount);
  for (let node = 0; node < spanCount; node++) {
    start[node] = input.start_ns[node];
    if (parent[node] >= spanCount) start[parent[node]] = Math.min(start[parent[node]], start[node]);
  }
  return Int32Array.from(start.keys()).sort((a, b) => start[a] - start[b] || a - b);
}

/** Breaks each circle of parents at its earliest span, in linear time. */
function cutCycles(parent: Int32Array, byStart: Int32Array): Uint8Array {
  const cut = new Uint8Array(parent.length);
  const walkedIn = new Int32Array(parent.length).fill(-1);
  const rank = new Int32Array(parent.length);
  byStart.forEach((node, position) => (rank[node] = position));
  for (let first = 0; first < parent.length; first++) {
    let node = first;
    while (node !== -1 && walkedIn[node] === -1) {
      walkedIn[node] = first;
      node = parent[node];
    }
    if (node === -1 || walkedIn[node] !== first) continue;
    let earliest = node;
    for (let other = parent[node]; other !== node; other = parent[other]) if (rank[other] < rank[earliest]) earliest = other;
    parent[earliest] = -1;
    cut[earliest] = 1;
  }
  return cut;
}

function arrange(spanCount: number, missingParentIds: string[], parent: Int32Array, byStart: Int32Array, cycleCut: Uint8Array): Tree {
  const count = parent.length;
  const firstChild = new Int32Array(count).fill(-1);
  const nextSibling = new Int32Array(count).fill(-1);
  const childCount = new Int32Array(count);
  for (let position = count - 1; position >= 0; position--) {
    const node = byStart[position];
    const above = parent[node];
    if (above === -1) continue;
    nextSibling[node] = firstChild[above];
    firstChild[above] = node;
    childCount[above]++;
  }
  const depth = new Int32Array(count);
  const order = new Int32Array(count);
  const rowOf = new Int32Array(count);
  const subtreeEnd = new Int32Array(count);
  let row = 0;
  let maxDepth = 0;
  const enter = (node: number, level: number) => {
    depth[node] = level;
    maxDepth = Math.max(maxDepth, level);
    rowOf[node] = row;
    order[row++] = node;
  };
  for (const root of byStart) {
    if (parent[root] !== -1) continue;
    let node = root;
    enter(root, 0);
    for (;;) {
      const child = firstChild[node];
      if (child !== -1) {
        firstChild[node] = nextSibling[child];
        enter(child, depth[node] + 1);
        node = child;
        continue;
      }
      subtreeEnd[rowOf[node]] = row;
      if (node === root) break;
      node = parent[node];
    }
  }
  return { spanCount, missingParentIds, parent, depth, childCount, cycleCut, order, rowOf, subtreeEnd, maxDepth };
}
