import type { Trace } from "../../model/trace";
import { useKeys } from "../keys";
import type { TraceView } from "./useTraceView";

interface TraceKeys {
  trace: Trace;
  state: TraceView;
  open: (node: number | undefined) => void;
  moved: (node: number | undefined) => void;
  close: () => void;
  focusSearch: () => void;
}

export function useTraceKeys({ trace, state, open, moved, close, focusSearch }: TraceKeys): void {
  const { visible, cursor, collapsed } = state;
  const { tree } = trace;
  const step = (by: number) => {
    const row = cursor === undefined ? -1 : visible.indexOf(cursor);
    const next = visible[Math.min(visible.length - 1, Math.max(0, row === -1 ? 0 : row + by))];
    moved(state.goTo(next));
  };
  const left = () => {
    if (cursor === undefined) return;
    if (tree.childCount[cursor] > 0 && !collapsed.has(cursor)) state.toggle(cursor);
    else if (tree.parent[cursor] !== -1) moved(state.goTo(tree.parent[cursor]));
  };
  const right = () => {
    if (cursor === undefined || tree.childCount[cursor] === 0) return;
    if (collapsed.has(cursor)) state.toggle(cursor);
    else step(1);
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    PageDown: () => step(20),
    PageUp: () => step(-20),
    Home: () => step(-Infinity),
    End: () => step(visible.length),
    ArrowLeft: left,
    ArrowRight: right,
    Enter: () => open(cursor),
    Escape: close,
    n: () => moved(state.goToMatch(1)),
    N: () => moved(state.goToMatch(-1)),
    e: () => moved(state.goToError(1)),
    E: () => moved(state.goToError(-1)),
    c: state.closeAll,
    x: state.openAll,
    "[": () => state.changeLevel(-1),
    "]": () => state.changeLevel(1),
    z: () => cursor !== undefined && state.zoomTo(cursor),
    "0": state.resetView,
    "+": () => state.zoom(0.6),
    "=": () => state.zoom(0.6),
    "-": () => state.zoom(1 / 0.6),
    h: () => state.panBy(-0.25),
    l: () => state.panBy(0.25),
    "/": focusSearch,
  });
}
