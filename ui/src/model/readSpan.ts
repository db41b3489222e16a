import type { OtlpTrace } from "./otlp";
import { readTrace, type Trace } from "./trace";

/**
 * One span alone, as the details show it, on the clock of the whole trace. What it spent itself can't be said without
 * its children. Undefined when the answer holds no span.
 */
export function readSpan(traceId: string, otlp: OtlpTrace, origin_ns: bigint): Trace | undefined {
  const alone = readTrace(traceId, otlp);
  if (alone.spans.length === 0) return undefined;
  const shift = Number(alone.origin_ns - origin_ns);
  const moved = (times: Float64Array) => times.map((time) => time + shift);
  return { ...alone, origin_ns, start_ns: moved(alone.start_ns), end_ns: moved(alone.end_ns), self_ns: Float64Array.of(NaN) };
}
