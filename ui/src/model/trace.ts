import { findErrorOrigins } from "./errors";
import { nsOf } from "./moment";
import { type OtlpResource, type OtlpScope, type OtlpSpan, type OtlpTrace, STATUS_ERROR } from "./otlp";
import { measureSelfTime } from "./selfTime";
import { buildTree, type Tree } from "./tree";
import { findAttribute } from "./value";

export interface Span {
  /** The node number of this span in the tree and in all arrays of the trace. */
  node: number;
  spanId: string;
  name: string;
  service: string;
  isError: boolean;
  raw: OtlpSpan;
  resource: OtlpResource;
  resourceSchemaUrl: string;
  scope: OtlpScope;
  scopeSchemaUrl: string;
}

export type TimeFault = "none" | "no start" | "no end" | "ends before it starts";
const TIME_FAULTS: TimeFault[] = ["none", "no start", "no end", "ends before it starts"];

/** One trace, ready to be drawn. Offsets are exact ns from `origin_ns`, up to 104 days away from it. */
export interface Trace {
  traceId: string;
  spans: Span[];
  origin_ns: bigint;
  length_ns: number;
  /** Per node, markers included. */
  start_ns: Float64Array;
  end_ns: Float64Array;
  /** Per span: time in none of its children. */
  self_ns: Float64Array;
  timeFaults: Uint8Array;
  tree: Tree;
  services: ServiceShare[];
  errorCount: number;
  /** Nodes with an error and none below them, earliest first. */
  errorOrigins: number[];
  /** How often a span came, for the nodes that came more than once. */
  copies: Map<number, number>;
  root: Span | undefined;
}

export interface ServiceShare {
  name: string;
  spanCount: number;
  errorCount: number;
  self_ns: number;
}

export function readTrace(traceId: string, otlp: OtlpTrace): Trace {
  const spans = flatten(otlp);
  const clock = readTimes(spans);
  const tree = buildTree({
    spanIds: spans.map((span) => span.spanId),
    parentIds: spans.map((span) => normalId(span.raw.parentSpanId)),
    services: spans.map((span) => span.service),
    kinds: Uint8Array.from(spans, (span) => span.raw.kind ?? 0),
    start_ns: clock.start_ns,
  });
  const { start_ns, end_ns } = withMarkers(tree, clock.start_ns, clock.end_ns);
  const self_ns = measureSelfTime(tree, start_ns, end_ns);
  return {
    traceId,
    spans,
    origin_ns: clock.origin_ns,
    length_ns: clock.length_ns,
    start_ns,
    end_ns,
    self_ns,
    timeFaults: clock.faults,
    tree,
    services: shareByService(spans, self_ns),
    errorCount: spans.reduce((count, span) => count + Number(span.isError), 0),
    errorOrigins: findErrorOrigins(tree, spans, start_ns),
    copies: countCopies(spans),
    root: findRoot(tree, spans),
  };
}

function flatten(otlp: OtlpTrace): Span[] {
  const spans: Span[] = [];
  for (const { resource = {}, schemaUrl: resourceSchemaUrl = "", scopeSpans = [] } of otlp.resourceSpans ?? []) {
    const service = findAttribute(resource.attributes, "service.name") || "unknown service";
    for (const { scope = {}, schemaUrl: scopeSchemaUrl = "", spans: raws = [] } of scopeSpans) {
      for (const raw of raws) {
        const spanId = normalId(raw.spanId);
        const isError = raw.status?.code === STATUS_ERROR;
        spans.push({ node: spans.length, spanId, name: raw.name ?? "", service, isError, raw, resource, resourceSchemaUrl, scope, scopeSchemaUrl });
      }
    }
  }
  return spans;
}

function normalId(id: string | undefined): string {
  return id === undefined || /^0*$/.test(id) ? "" : id.toLowerCase();
}

interface Clock {
  origin_ns: bigint;
  length_ns: number;
  start_ns: Float64Array;
  end_ns: Float64Array;
  faults: Uint8Array;
}

/** A span without a start (0) must not stretch the axis back to 1970: it is put at the origin and marked. */
function readTimes(spans: Span[]): Clock {
  const starts = spans.map((span) => nsOf(span.raw.startTimeUnixNano));
  const ends = spans.map((span) => nsOf(span.raw.endTimeUnixNano));
  const origin_ns = earliest(starts) ?? earliest(ends) ?? 0n;
  const start_ns = new Float64Array(spans.length);
  const end_ns = new Float64Array(spans.length);
  const faults = new Uint8Array(spans.length);
  let length_ns = 0;
  for (let node = 0; node < spans.length; node++) {
    const start = starts[node];
    const end = ends[node];
    faults[node] = TIME_FAULTS.indexOf(faultOf(start, end));
    start_ns[node] = start === 0n ? 0 : Number(start - origin_ns);
    end_ns[node] = end === 0n ? start_ns[node] : Number(end - origin_ns);
    length_ns = Math.max(length_ns, start_ns[node], end_ns[node]);
  }
  return { origin_ns, length_ns, start_ns, end_ns, faults };
}

function earliest(times: bigint[]): bigint | undefined {
  let first: bigint | undefined;
  for (const time of times) if (time !== 0n && (first === undefined || time < first)) first = time;
  return first;
}

function faultOf(start: bigint, end: bigint): TimeFault {
  if (start === 0n) return "no start";
  if (end === 0n) return "no end";
  return end < start ? "ends before it starts" : "none";
}

export function timeFault(trace: Trace, node: number): TimeFault {
  return node < trace.spans.length ? TIME_FAULTS[trace.timeFaults[node]] : "none";
}

/** A marker for a missing parent reaches over all its children. */
function withMarkers(tree: Tree, spanStart: Float64Array, spanEnd: Float64Array): { start_ns: Float64Array; end_ns: Float64Array } {
  const count = tree.order.length;
  const start_ns = new Float64Array(count).fill(Infinity);
  const end_ns = new Float64Array(count).fill(-Infinity);
  start_ns.set(spanStart);
  end_ns.set(spanEnd);
  for (let node = 0; node < tree.spanCount; node++) {
    const above = tree.parent[node];
    if (above < tree.spanCount) continue;
    start_ns[above] = Math.min(start_ns[above], start_ns[node]);
    end_ns[above] = Math.max(end_ns[above], end_ns[node]);
  }
  return { start_ns, end_ns };
}

function shareByService(spans: Span[], self_ns: Float64Array): ServiceShare[] {
  const shares = new Map<string, ServiceShare>();
  for (const span of spans) {
    let share = shares.get(span.service);
    if (share === undefined) shares.set(span.service, (share = { name: span.service, spanCount: 0, errorCount: 0, self_ns: 0 }));
    share.spanCount++;
    share.errorCount += Number(span.isError);
    share.self_ns += self_ns[span.node];
  }
  return [...shares.values()].sort((a, b) => b.self_ns - a.self_ns || a.name.localeCompare(b.name));
}

/** One id with one kind in one service is one span sent again. (Zipkin's client and server share an id but not the kind.) */
function countCopies(spans: Span[]): Map<number, number> {
  const same = new Map<string, number[]>();
  for (const { node, spanId, service, raw } of spans) {
    if (spanId === "") continue;
    const key = `${spanId}/${raw.kind ?? 0}/${service}`;
    const nodes = same.get(key);
    if (nodes) nodes.push(node);
    else same.set(key, [node]);
  }
  const copies = new Map<number, number>();
  for (const nodes of same.values()) if (nodes.length > 1) for (const node of nodes) copies.set(node, nodes.length);
  return copies;
}

/** The first span without a parent; when all are orphans, the earliest of them. */
function findRoot(tree: Tree, spans: Span[]): Span | undefined {
  let earliestSpan: Span | undefined;
  for (const node of tree.order) {
    if (node >= tree.spanCount) continue;
    if (tree.parent[node] === -1) return spans[node];
    earliestSpan ??= spans[node];
  }
  return earliestSpan;
}

export function durationOf(trace: Trace, node: number): number {
  return trace.end_ns[node] - trace.start_ns[node];
}

/** Deep links name a span by its id; the second span of the same id is `id~1`, and so on. */
export function spanRef(trace: Trace, node: number): string {
  const { spanId } = trace.spans[node];
  let twin = 0;
  for (let other = 0; other < node; other++) if (trace.spans[other].spanId === spanId) twin++;
  return twin === 0 ? spanId : `${spanId}~${twin}`;
}

export function findSpan(trace: Trace, ref: string): Span | undefined {
  const [spanId, twin = "0"] = ref.toLowerCase().split("~");
  let left = Number(twin);
  for (const span of trace.spans) if (span.spanId === spanId && left-- === 0) return span;
  return undefined;
}
