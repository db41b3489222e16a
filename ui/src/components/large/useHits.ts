import { useEffect, useState } from "react";
import { findSpans } from "../../api/windows";
import type { TreeRow } from "../../model/lazyTree";

interface Found {
  question: string;
  total: number;
  spans: TreeRow[];
  cursor: string | null;
  /** The hit last stepped to; -1 before the first step. */
  place: number;
  failure?: Error;
}

const NOTHING: Found = { question: "", total: 0, spans: [], cursor: null, place: -1 };

/** The hits of a search within a large trace, read page by page as one steps through them. */
export function useHits(traceId: string, filter: URLSearchParams | undefined) {
  const question = filter?.toString() ?? "";
  const [found, setFound] = useState(NOTHING);
  useEffect(() => {
    if (question === "") return;
    let isCurrent = true;
    const keep = (next: Found) => isCurrent && setFound(next);
    const later = window.setTimeout(() => {
      findSpans(traceId, new URLSearchParams(question), null)
        .then((page) => keep({ question, total: page.total, spans: page.spans, cursor: page.next_cursor, place: -1 }))
        .catch((failure: Error) => keep({ ...NOTHING, question, failure }));
    }, 200);
    return () => {
      isCurrent = false;
      window.clearTimeout(later);
    };
  }, [traceId, question]);

  const current = found.question === question ? found : NOTHING;
  const step = async (by: 1 | -1): Promise<TreeRow | undefined> => {
    let { spans, cursor } = current;
    if (spans.length === 0) return undefined;
    const place = current.place;
    if (place + by >= spans.length && cursor !== null) {
      const page = await findSpans(traceId, new URLSearchParams(question), cursor);
      spans = [...spans, ...page.spans];
      cursor = page.next_cursor;
    }
    const next = (Math.max(place, by === 1 ? -1 : 0) + by + spans.length) % spans.length;
    setFound({ ...current, spans, cursor, place: next });
    return spans[next];
  };
  return { total: current.total, isRead: question !== "" && found.question === question, place: current.place, failure: current.failure, step };
}

export type Hits = ReturnType<typeof useHits>;
