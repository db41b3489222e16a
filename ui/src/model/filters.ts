import { normalDuration, parseDuration } from "./duration";

/** The search as the address bar holds it. Everything is optional; what is absent is not asked for. */
export interface Filters {
  service?: string;
  operation?: string;
  /** `key=value`, all of which must hold on one and the same span as service and operation. */
  attr?: string[];
  /** A condition in the search language, for that same span. */
  q?: string;
  min_duration?: string;
  max_duration?: string;
  status?: "error";
  /** `now-15m` and the like, `all`, or RFC 3339. Absent means `now-1h`. */
  start?: string;
  end?: string;
  limit?: number;
  sort?: Sort;
  live?: "on";
}

export type Sort = "start" | "duration" | "spans" | "errors";

export const DEFAULT_START = "now-1h";
export const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 1000;

export interface RangeChoice {
  start: string;
  label: string;
  length_ms: number;
}

export const RANGES: RangeChoice[] = [
  { start: "now-15m", label: "Last 15 minutes", length_ms: 900_000 },
  { start: "now-1h", label: "Last hour", length_ms: 3_600_000 },
  { start: "now-6h", label: "Last 6 hours", length_ms: 21_600_000 },
  { start: "now-24h", label: "Last 24 hours", length_ms: 86_400_000 },
  { start: "now-7d", label: "Last 7 days", length_ms: 604_800_000 },
  { start: "all", label: "All time", length_ms: Infinity },
];

const SORTS: Sort[] = ["start", "duration", "spans", "errors"];

/** Reads an address: unknown keys are dropped, wrong values too, so that any address opens. */
export function readFilters(query: Record<string, unknown>): Filters {
  const text = (key: string) => {
    const value = Array.isArray(query[key]) ? (query[key] as unknown[])[0] : query[key];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const attributes = [query.attr ?? []].flat().filter((item): item is string => typeof item === "string" && isAttribute(item));
  const limit = typeof query.limit === "number" ? query.limit : Number(text("limit"));
  const sort = text("sort") as Sort;
  return withoutDefaults({
    service: text("service"),
    operation: text("operation"),
    attr: [...new Set(attributes)],
    q: text("q")?.trim(),
    min_duration: normalDuration(text("min_duration") ?? ""),
    max_duration: normalDuration(text("max_duration") ?? ""),
    status: text("status") === "error" ? "error" : undefined,
    start: moment(text("start")),
    end: moment(text("end")),
    limit: Number.isInteger(limit) && limit >= 1 ? Math.min(limit, MAX_LIMIT) : undefined,
    sort: SORTS.includes(sort) ? sort : undefined,
    live: text("live") === "on" ? "on" : undefined,
  });
}

/** Every key of a search, absent ones as `undefined`. */
export function withEveryKey(filters: Filters): Filters {
  const nothing: Record<keyof Filters, undefined> = {
    service: undefined,
    operation: undefined,
    attr: undefined,
    q: undefined,
    min_duration: undefined,
    max_duration: undefined,
    status: undefined,
    start: undefined,
    end: undefined,
    limit: undefined,
    sort: undefined,
    live: undefined,
  };
  return { ...nothing, ...filters };
}

/** Is this `key=value`? The value may be empty, the key may not. */
export function isAttribute(text: string): boolean {
  return text.trimStart().indexOf("=") > 0;
}

/** One way to write each search: defaults and empty things are left out of the address. */
export function withoutDefaults(filters: Filters): Filters {
  const kept: Filters = {};
  for (const [key, value] of Object.entries(filters)) {
    if (value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) continue;
    Object.assign(kept, { [key]: value });
  }
  if (kept.start === DEFAULT_START && kept.end === undefined) delete kept.start;
  if (kept.limit === DEFAULT_LIMIT) delete kept.limit;
  if (kept.sort === "start") delete kept.sort;
  return kept;
}

export function rangeOf(filters: Filters): RangeChoice | undefined {
  if (filters.end !== undefined) return undefined;
  return RANGES.find((range) => range.start === (filters.start ?? DEFAULT_START));
}

/** The next wider choice, to offer when nothing was found. */
export function widerRange(filters: Filters): RangeChoice | undefined {
  const range = rangeOf(filters);
  if (range === undefined) return RANGES[RANGES.length - 1];
  return RANGES[RANGES.indexOf(range) + 1];
}

export interface Period {
  from_ms: number | undefined;
  to_ms: number | undefined;
}

/**
 * Resolves the time range at a moment. A relative range has a fixed start, so that all pages of one search agree, and no
 * end, so that spans of a slightly fast clock are found too.
 */
export function resolvePeriod(filters: Filters, now_ms: number): Period {
  const start = filters.start ?? (filters.end === undefined ? DEFAULT_START : "all");
  return { from_ms: readMoment(start, now_ms), to_ms: filters.end === undefined ? undefined : readMoment(filters.end, now_ms) };
}

const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** 2262: the last year that 64-bit nanoseconds reach. */
const LAST_MS = 9.2e12;

function moment(text: string | undefined): string | undefined {
  if (text === undefined || text === "all") return text;
  const unix_ms = readMoment(text, Date.now());
  return unix_ms !== undefined && unix_ms >= 0 && unix_ms <= LAST_MS ? text : undefined;
}

function readMoment(text: string, now_ms: number): number | undefined {
  if (text === "all") return undefined;
  if (text === "now") return now_ms;
  const relative = /^(?:now)?-(\d+)([smhd])$/.exec(text);
  if (relative) return now_ms - Number(relative[1]) * UNIT_MS[relative[2]];
  if (/^\d+$/.test(text)) return Number(BigInt(text) / 1_000_000n);
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** The query string of `GET /traces`, without the cursor. */
export function searchQuery(filters: Filters, period: Period): URLSearchParams {
  const query = new URLSearchParams();
  for (const key of ["service", "operation", "status", "q"] as const) if (filters[key]) query.set(key, filters[key]);
  for (const key of ["min_duration", "max_duration"] as const) {
    const duration_ns = parseDuration(filters[key] ?? "");
    if (filters[key]) query.set(key, duration_ns === undefined ? filters[key] : String(duration_ns));
  }
  for (const attribute of filters.attr ?? []) query.append("attr", attribute);
  query.set("start", period.from_ms === undefined ? "0" : nanoseconds(period.from_ms));
  if (period.to_ms !== undefined) query.set("end", nanoseconds(period.to_ms));
  query.set("limit", String(filters.limit ?? DEFAULT_LIMIT));
  return query;
}

function nanoseconds(unix_ms: number): string {
  return String(BigInt(Math.round(unix_ms)) * 1_000_000n);
}

/** Has the search anything but a time range? */
export function isNarrowed(filters: Filters): boolean {
  const { service, operation, attr, q, min_duration, max_duration, status } = filters;
  return Boolean(service || operation || attr?.length || q || min_duration || max_duration || status);
}
