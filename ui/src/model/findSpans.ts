import type { KeyValue } from "./otlp";
import { kindName } from "./otlp";
import type { Span, Trace } from "./trace";
import { valueText } from "./value";

const texts = new WeakMap<Span, string>();

function attributesText(attributes: KeyValue[] | undefined): string {
  return (attributes ?? []).map(({ key, value }) => `${key}=${valueText(value)}`).join("\n");
}

/** All that can be found in a span, in lower case, one thing per line. Made once per span, when first asked for. */
function spanText(span: Span): string {
  let text = texts.get(span);
  if (text === undefined) {
    const { raw } = span;
    const events = (raw.events ?? []).map((event) => `${event.name ?? ""}\n${attributesText(event.attributes)}`);
    const parts = [span.name, span.service, span.spanId, kindName(raw.kind ?? 0), raw.status?.message ?? ""];
    parts.push(attributesText(raw.attributes), ...events, attributesText(span.resource.attributes), span.scope.name ?? "");
    texts.set(span, (text = parts.join("\n").toLowerCase()));
  }
  return text;
}

/** Nodes of the spans that contain the text anywhere (name, service, ids, `key=value`, events), in row order. */
export function findSpans(trace: Trace, query: string): Int32Array {
  const wanted = query.trim().toLowerCase();
  if (wanted === "") return new Int32Array(0);
  return trace.tree.order.filter((node) => node < trace.spans.length && spanText(trace.spans[node]).includes(wanted));
}

/** The next node of `candidates` (in row order) after or before a row, going round at the ends. */
export function stepThrough(trace: Trace, candidates: Int32Array, from: number | undefined, step: 1 | -1): number | undefined {
  if (candidates.length === 0) return undefined;
  const row = from === undefined ? -1 : trace.tree.rowOf[from];
  if (step === 1) return candidates.find((node) => trace.tree.rowOf[node] > row) ?? candidates[0];
  return candidates.findLast((node) => trace.tree.rowOf[node] < row) ?? candidates[candidates.length - 1];
}
