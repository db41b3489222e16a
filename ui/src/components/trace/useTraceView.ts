import { useDeferredValue, useMemo, useState } from "react";
import { clampView, fullView, pan, type View, zoomAround } from "../../model/axis";
import { errorsToVisit, stepThroughErrors } from "../../model/errors";
import { findSpans, stepThrough } from "../../model/findSpans";
import { collapseBelow, type Collapsed, drawnNode, openLevel, reveal, toggle, visibleNodes } from "../../model/rows";
import type { Trace } from "../../model/trace";

const NOTHING: Collapsed = new Set();

/** What a person has done to the picture of a trace: opened, closed, zoomed, searched, and where the cursor stands. */
export function useTraceView(trace: Trace, startAt: number | undefined) {
  const [collapsed, setCollapsed] = useState<Collapsed>(NOTHING);
  const [view, setView] = useState<View>(() => fullView(trace.length_ns));
  const [cursor, setCursor] = useState(startAt);
  const [query, setQuery] = useState("");
  const deferredQuery = useDeferredValue(query);
  const visible = useMemo(() => visibleNodes(trace.tree, collapsed), [trace, collapsed]);
  const matches = useMemo(() => findSpans(trace, deferredQuery), [trace, deferredQuery]);
  const matchSet = useMemo(() => (deferredQuery.trim() === "" ? undefined : new Set(matches)), [matches, deferredQuery]);
  const errors = useMemo(() => errorsToVisit(trace.tree, trace.spans, trace.errorOrigins), [trace]);

  const goTo = (node: number | undefined) => {
    if (node === undefined) return undefined;
    setCollapsed(reveal(trace.tree, collapsed, node));
    setCursor(node);
    return node;
  };
  const hide = (next: Collapsed) => {
    setCollapsed(next);
    if (cursor !== undefined) setCursor(drawnNode(trace.tree, next, cursor));
  };
  return {
    collapsed,
    view,
    cursor,
    query,
    visible,
    matches,
    matchSet,
    errors,
    setQuery,
    setView: (next: View) => setView(clampView(next, trace.length_ns)),
    resetView: () => setView(fullView(trace.length_ns)),
    zoom: (factor: number, at_ns = (view.from_ns + view.to_ns) / 2) => setView((old) => zoomAround(old, at_ns, factor, trace.length_ns)),
    panBy: (share: number) => setView((old) => pan(old, (old.to_ns - old.from_ns) * share, trace.length_ns)),
    zoomTo: (node: number) => {
      const margin = Math.max(5, (trace.end_ns[node] - trace.start_ns[node]) * 0.05);
      setView(clampView({ from_ns: trace.start_ns[node] - margin, to_ns: trace.end_ns[node] + margin }, trace.length_ns));
    },
    toggle: (node: number) => hide(toggle(collapsed, node)),
    closeAll: () => hide(collapseBelow(trace.tree, 0)),
    openAll: () => setCollapsed(NOTHING),
    changeLevel: (step: 1 | -1) => hide(collapseBelow(trace.tree, Math.max(0, openLevel(trace.tree, collapsed) + step))),
    goTo,
    // What was typed a moment ago may not have been searched yet.
    goToMatch: (step: 1 | -1) => goTo(stepThrough(trace, query === deferredQuery ? matches : findSpans(trace, query), cursor, step)),
    goToError: (step: 1 | -1) => goTo(stepThroughErrors(errors, cursor, step)),
  };
}

export type TraceView = ReturnType<typeof useTraceView>;
