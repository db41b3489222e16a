import { queryOptions } from "@tanstack/react-query";
import type { TreeRow } from "../model/lazyTree";
import { type Log, readLogs } from "../model/logs";
import type { OtlpLogs, OtlpTrace } from "../model/otlp";
import { getJson } from "./client";

/** Parts of a trace, for one too large to be read whole. */

export interface TreeWindow {
  total: number;
  offset: number;
  spans: TreeRow[];
}

export interface TraceOverview {
  start_time_unix_nano: string;
  duration_ns: number;
  span_count: number;
  error_count: number;
  depth: number;
  root_count: number;
  orphan_count: number;
  cycle_count: number;
  repeated_id_count: number;
  services: { name: string; span_count: number; error_count: number }[];
  first: TreeRow;
  /** Spans that came since the trace was opened and are in no window yet; the next overview has them. */
  newer_span_count: number;
}

export interface Density {
  spans: number[];
  errors: number[];
}

export interface SpanPath {
  span: TreeRow;
  ancestors: TreeRow[];
  omitted_ancestors: number;
}

export interface FoundSpans {
  total: number;
  spans: TreeRow[];
  next_cursor: string | null;
}

const pathOf = (traceId: string, rest: string) => `/traces/${encodeURIComponent(traceId)}/${rest}`;

export const overviewQuery = (traceId: string) =>
  queryOptions({
    queryKey: ["overview", traceId],
    queryFn: ({ signal }) => getJson<TraceOverview>(pathOf(traceId, "summary"), signal),
    staleTime: Infinity,
  });

export const densityQuery = (traceId: string, intervals: number) =>
  queryOptions({
    queryKey: ["density", traceId, intervals],
    queryFn: ({ signal }) => getJson<Density>(pathOf(traceId, `density?intervals=${intervals}`), signal),
    staleTime: Infinity,
  });

export const spanQuery = (traceId: string, ref: string | undefined) =>
  queryOptions({
    queryKey: ["span", traceId, ref],
    queryFn: async ({ signal }): Promise<{ otlp: OtlpTrace; logs: Log[] }> => {
      const path = pathOf(traceId, `spans/${encodeURIComponent(ref!)}`);
      const [otlp, logs] = await Promise.all([getJson<OtlpTrace>(path, signal), getJson<OtlpLogs>(`${path}/logs`, signal)]);
      return { otlp, logs: readLogs(logs) };
    },
    enabled: ref !== undefined,
    staleTime: Infinity,
    structuralSharing: false,
  });

export function getChildren(traceId: string, parentRef: string, offset: number, limit: number): Promise<TreeWindow> {
  const query = new URLSearchParams({ offset: String(offset), limit: String(limit) });
  if (parentRef !== "") query.set("parent", parentRef);
  return getJson<TreeWindow>(pathOf(traceId, `tree?${query}`));
}

export function getPath(traceId: string, ref: string): Promise<SpanPath> {
  return getJson<SpanPath>(pathOf(traceId, `path/${encodeURIComponent(ref)}`));
}

export function findSpans(traceId: string, filter: URLSearchParams, cursor: string | null): Promise<FoundSpans> {
  const query = new URLSearchParams(filter);
  if (cursor !== null) query.set("cursor", cursor);
  return getJson<FoundSpans>(pathOf(traceId, `find?${query}`));
}
