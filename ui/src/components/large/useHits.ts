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
    // Whoever stepped before this answer came has one already.
    const keep = (next: Found) => isCurrent && setFound((old) => (old.question === question ? old : next));
    const later = window.setTimeout(() => {
      firstHits(traceId, question)
        .then(keep)
        .catch((failure: Error) => keep({ ...NOTHING, question, failure }));
    }, 200);
    return () => {
      isCurrent = false;
      window.clearTimeout(later);
    };
  }, [traceId, question]);

  const current = found.question === question ? found : NOTHING;
  const read = async (by: 1 | -1): Promise<TreeRow | undefined> => {
    if (question === "") return undefined;
    const known = found.question === question ? found : await firstHits(traceId, question);
    let { spans, cursor } = known;
    const place = known.place;
    if (spans.length === 0) return undefined;
    if (place + by >= spans.length && cursor !== null) {
      const page = await findSpans(traceId, new URLSearchParams(question), cursor);
      spans = [...spans, ...page.spans];
      cursor = page.next_cursor;
    }
    const next = (Math.max(place, by === 1 ? -1 : 0) + by + spans.length) % spans.length;
    setFound({ ...known, spans, cursor, place: next });
    return spans[next];
  };
  const step = (by: 1 | -1) =>
    read(by).catch((failure: Error) => {
      setFound({ ...NOTHING, question, failure });
      return undefined;
    });
  return { total: current.total, isRead: question !== "" && found.question === question, place: current.place, failure: current.failure, step };
}

async function firstHits(traceId: string, question: string): Promise<Found> {
  const page = await findSpans(traceId, new URLSearchParams(question), null);
  return { question, total: page.total, spans: page.spans, cursor: page.next_cursor, place: -1 };
}

export type Hits = ReturnType<typeof useHits>;
