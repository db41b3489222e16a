import { useCallback, useMemo, useRef, useState } from "react";
import { getChildren, getPath, type TraceOverview } from "../../api/windows";
import { drawnRow, EMPTY, type LazyTree, missingPages, PAGE, revealed, rowCount, rowOf, runsOf, toggled, TOP, type TreeRow, withPage } from "../../model/lazyTree";

/** The first look shows the root with its children: a single closed row would tell nothing. */
function atFirst({ first, root_count, orphan_count, cycle_count }: TraceOverview): LazyTree {
  const top = withPage(EMPTY, TOP, root_count + orphan_count + cycle_count, first.position, [first]);
  return toggled(top, first);
}

/** A large trace on the screen: what has been read of it, what is open, and where the cursor stands. */
export function useLargeTrace(traceId: string, overview: TraceOverview) {
  const [tree, setTree] = useState(() => atFirst(overview));
  const [cursor, setCursor] = useState<TreeRow>();
  const [failure, setFailure] = useState<Error>();
  const asked = useRef(new Set<string>());
  const runs = useMemo(() => runsOf(tree), [tree]);

  const readPage = useCallback(
    async (parentRef: string, offset: number) => {
      const key = `${parentRef}/${offset}`;
      if (asked.current.has(key)) return;
      asked.current.add(key);
      try {
        const window = await getChildren(traceId, parentRef, offset, PAGE);
        setTree((old) => withPage(old, parentRef, window.total, offset, window.spans));
        setFailure(undefined);
      } catch (error) {
        asked.current.delete(key);
        setFailure(error as Error);
      }
    },
    [traceId],
  );

  const see = useCallback(
    (from: number, to: number) => {
      for (const { parentRef, offset } of missingPages(tree, runs, from, to)) void readPage(parentRef, offset);
    },
    [tree, runs, readPage],
  );

  /** Opens the way to a span and puts the cursor on it; what the span is, or undefined when it can't be drawn. */
  const goTo = useCallback(
    async (ref: string): Promise<TreeRow | undefined> => {
      try {
        const path = await getPath(traceId, ref);
        if (path.omitted_ancestors > 0) throw new Error(`This span is ${path.span.depth} levels down, too deep to be drawn here.`);
        setTree((old) => revealed(old, path.ancestors, path.span));
        setCursor(path.span);
        setFailure(undefined);
        return path.span;
      } catch (error) {
        setFailure(error as Error);
        return undefined;
      }
    },
    [traceId],
  );

  const cursorRow = cursor && rowOf(runs, cursor);
  return {
    cursor,
    cursorRow,
    failure,
    count: rowCount(runs),
    rowAt: (row: number) => drawnRow(tree, runs, row),
    isOpen: (span: TreeRow) => tree.open.has(span.ref),
    see,
    goTo,
    setCursor,
    toggle: (span: TreeRow) => setTree((old) => toggled(old, span)),
    closeAll: () => setTree((old) => ({ ...old, open: new Set<string>() })),
    step: (by: number): TreeRow | undefined => {
      const last = rowCount(runs) - 1;
      const row = Math.min(last, Math.max(0, cursorRow === undefined ? 0 : cursorRow + by));
      const span = last >= 0 ? drawnRow(tree, runs, row).span : undefined;
      if (span) setCursor(span);
      return span;
    },
  };
}

export type LargeTrace = ReturnType<typeof useLargeTrace>;
