import type { Span } from "./trace";
import type { Tree } from "./tree";

/** Where errors began: spans with an error and none below them, earliest first. */
export function findErrorOrigins(tree: Tree, spans: Span[], start_ns: Float64Array): number[] {
  const hasErrorBelow = new Uint8Array(tree.order.length);
  const origins: number[] = [];
  for (let row = tree.order.length - 1; row >= 0; row--) {
    const node = tree.order[row];
    const isError = node < spans.length && spans[node].isError;
    if (isError && !hasErrorBelow[node]) origins.push(node);
    if ((isError || hasErrorBelow[node]) && tree.parent[node] !== -1) hasErrorBelow[tree.parent[node]] = 1;
  }
  return origins.sort((a, b) => start_ns[a] - start_ns[b] || tree.rowOf[a] - tree.rowOf[b]);
}

/** All errors in the order to read them: first where they began, then those they caused, top to bottom. */
export function errorsToVisit(tree: Tree, spans: Span[], origins: number[]): number[] {
  const first = new Set(origins);
  const others = tree.order.filter((node) => node < spans.length && spans[node].isError && !first.has(node));
  return [...origins, ...others];
}

/** The error after or before the one at the cursor, going round; from anywhere else the first (or last) one. */
export function stepThroughErrors(errors: number[], cursor: number | undefined, step: 1 | -1): number | undefined {
  if (errors.length === 0) return undefined;
  const place = cursor === undefined ? -1 : errors.indexOf(cursor);
  if (place === -1) return step === 1 ? errors[0] : errors[errors.length - 1];
  return errors[(place + step + errors.length) % errors.length];
}
