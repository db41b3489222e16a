import { expect, it } from "vitest";
import { readSpan } from "./readSpan";
import { SAMPLE_ORIGIN_NS, sampleTrace } from "./sample";

it("puts a span on the clock of its trace", () => {
  const trace = readSpan("t", sampleTrace([{ spanId: "a1", name: "charge", from: 500, to: 700 }]), SAMPLE_ORIGIN_NS)!;
  expect(trace.spans[0].name).toBe("charge");
  expect([trace.start_ns[0], trace.end_ns[0]]).toEqual([500, 700]);
  expect(trace.origin_ns).toBe(SAMPLE_ORIGIN_NS);
  expect(trace.self_ns[0]).toBeNaN();
});

it("is nothing when the answer holds no span", () => {
  expect(readSpan("t", {}, 0n)).toBeUndefined();
});
