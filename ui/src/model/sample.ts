import type { OtlpSpan, OtlpTrace } from "./otlp";

/** Start of all sample spans: its last digits are lost when it becomes a JavaScript number. */
export const SAMPLE_ORIGIN_NS = 1_795_223_066_123_456_789n;

type SampleSpan = OtlpSpan & { service?: string; from?: number; to?: number };

/** A trace for tests: times in ns from the origin, one resource a service. */
export function sampleTrace(spans: SampleSpan[]): OtlpTrace {
  return {
    resourceSpans: spans.map(({ service = "shop", from = 0, to = 0, ...span }) => ({
      resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
      scopeSpans: [
        {
          spans: [{ startTimeUnixNano: String(SAMPLE_ORIGIN_NS + BigInt(from)), endTimeUnixNano: String(SAMPLE_ORIGIN_NS + BigInt(to)), ...span }],
        },
      ],
    })),
  };
}
