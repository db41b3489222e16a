import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { type Filters, type Period, resolvePeriod, searchQuery } from "../model/filters";
import { readLogs } from "../model/logs";
import type { OtlpLogs, OtlpTrace } from "../model/otlp";
import { readTrace } from "../model/trace";
import { ApiError, getJson } from "./client";

export interface Service {
  name: string;
  span_count: number;
  error_count: number;
  last_seen_unix_nano: string;
  stored_span_count: number;
}

export interface Operation {
  name: string;
  kind: string;
  span_count: number;
  error_count: number;
  /** How many were sent; `span_count` is how many there were, as far as clients tell how they sampled. */
  stored_span_count: number;
}

export interface TraceSummary {
  trace_id: string;
  root_service: string;
  root_name: string;
  start_time_unix_nano: string;
  duration_ns: number;
  span_count: number;
  error_count: number;
  services: string[];
  /** No span without a parent is there: the trace is still arriving, or its root was never sent. */
  root_is_missing?: boolean;
}

export interface Status {
  version: string;
  store: { spans: number; traces: number; logs: number };
}

interface SearchAnswer {
  traces: TraceSummary[];
  next_cursor: string | null;
}

export interface SearchPage extends SearchAnswer {
  period: Period;
  /** When the first page was asked for; the right edge of the plot. */
  asked_ms: number;
}

interface PageParam {
  cursor: string;
  period: Period;
  asked_ms: number;
}

export const statusQuery = queryOptions({
  queryKey: ["status"],
  queryFn: ({ signal }) => getJson<Status>("/status", signal),
  staleTime: 10_000,
});

export const servicesQuery = queryOptions({
  queryKey: ["services"],
  queryFn: async ({ signal }) => (await getJson<{ services: Service[] }>("/services", signal)).services,
  staleTime: 15_000,
});

export const operationsQuery = (service: string | undefined) =>
  queryOptions({
    queryKey: ["operations", service],
    queryFn: async ({ signal }) =>
      (await getJson<{ operations: Operation[] }>(`/services/${encodeURIComponent(service!)}/operations`, signal)).operations,
    enabled: service !== undefined,
    staleTime: 15_000,
  });

export interface AttributeKey {
  key: string;
  levels: string[];
  kinds: string[];
}

export interface AttributeValue {
  value: string;
  kind: string;
  count: number;
}

export const attributeKeysQuery = (prefix: string, enabled: boolean) =>
  queryOptions({
    queryKey: ["attributes", prefix],
    queryFn: async ({ signal }) =>
      (await getJson<{ attributes: AttributeKey[] }>(`/attributes?${new URLSearchParams({ prefix, limit: "50" })}`, signal)).attributes,
    enabled,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });

export const attributeValuesQuery = (key: string, prefix: string, enabled: boolean) =>
  queryOptions({
    queryKey: ["values", key, prefix],
    queryFn: async ({ signal }) => {
      const query = new URLSearchParams({ prefix, limit: "50" });
      return (await getJson<{ values: AttributeValue[] }>(`/attributes/${encodeURIComponent(key)}/values?${query}`, signal)).values;
    },
    enabled,
    staleTime: 30_000,
  });

export const searchTracesQuery = (filters: Filters) => {
  // How the list is ordered and refreshed makes no new question.
  const asked: Filters = { ...filters, sort: undefined, live: undefined };
  return infiniteQueryOptions({
    queryKey: ["traces", asked],
    initialPageParam: null as PageParam | null,
    queryFn: async ({ pageParam, signal }): Promise<SearchPage> => {
      const asked_ms = pageParam?.asked_ms ?? Date.now();
      const period = pageParam?.period ?? resolvePeriod(asked, asked_ms);
      const query = searchQuery(asked, period);
      if (pageParam) query.set("cursor", pageParam.cursor);
      return { ...(await getJson<SearchAnswer>(`/traces?${query}`, signal)), period, asked_ms };
    },
    getNextPageParam: ({ next_cursor, period, asked_ms }): PageParam | null => next_cursor === null ? null : { cursor: next_cursor, period, asked_ms },
    placeholderData: keepPreviousData,
    // A result stays as it was found until the person asks again: coming back from a trace must not reorder the list.
    staleTime: Infinity,
  });
};

export const traceQuery = (traceId: string) =>
  queryOptions({
    queryKey: ["trace", traceId],
    queryFn: async ({ signal }) => readTrace(traceId, await getJson<OtlpTrace>(`/traces/${encodeURIComponent(traceId)}`, signal)),
    staleTime: Infinity,
    // Typed arrays and bigints: comparing two answers deeply would cost more than it saves.
    structuralSharing: false,
  });

export const traceLogsQuery = (traceId: string) =>
  queryOptions({
    queryKey: ["logs", traceId],
    queryFn: async ({ signal }) => readLogs(await getJson<OtlpLogs>(`/traces/${encodeURIComponent(traceId)}/logs`, signal)),
    staleTime: Infinity,
    structuralSharing: false,
  });

/** Asking again helps only when nothing answered or the server was in trouble. */
export function worthRetrying(failures: number, error: Error): boolean {
  return failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 500);
}
