import { expect, test } from "vitest";
import { SAMPLE_ORIGIN_NS, sampleTrace } from "./sample";
import { durationOf, findSpan, readTrace, spanRef, timeFault } from "./trace";

test("offsets of single nanoseconds survive, although the times have 19 digits", () => {
  const trace = readTrace("t", sampleTrace([{ spanId: "a", from: 0, to: 1_000_001 }, { spanId: "b", from: 1, to: 4 }]));
  expect(trace.origin_ns).toBe(SAMPLE_ORIGIN_NS);
  expect([...trace.start_ns]).toEqual([0, 1]);
  expect(durationOf(trace, 1)).toBe(3);
  expect(trace.length_ns).toBe(1_000_001);
});

test("the trace begins with its earliest span, even a child of a skewed clock", () => {
  const trace = readTrace("t", sampleTrace([{ spanId: "a", from: 0, to: 100 }, { spanId: "b", parentSpanId: "a", from: -50, to: 10 }]));
  expect([...trace.start_ns]).toEqual([50, 0]);
  expect(trace.length_ns).toBe(150);
});

test("spans without start or end, or ending before they start, are marked and don't stretch the axis", () => {
  const trace = readTrace(
    "t",
    sampleTrace([
      { spanId: "a", from: 0, to: 100 },
      { spanId: "b", startTimeUnixNano: "0" , endTimeUnixNano: "0" },
      { spanId: "c", from: 20, endTimeUnixNano: undefined },
      { spanId: "d", from: 90, to: 40 },
    ]),
  );
  expect([0, 1, 2, 3].map((node) => timeFault(trace, node))).toEqual(["none", "no start", "no end", "ends before it starts"]);
  expect([0, 1, 2, 3].map((node) => durationOf(trace, node))).toEqual([100, 0, 0, -50]);
  expect(trace.length_ns).toBe(100);
});

test("own time is what no child covers; overlapping children count once, and only inside their parent", () => {
  const trace = readTrace(
    "t",
    sampleTrace([
      { spanId: "a", from: 0, to: 100 },
      { spanId: "b", parentSpanId: "a", from: 10, to: 40 },
      { spanId: "c", parentSpanId: "a", from: 30, to: 50 },
      { spanId: "d", parentSpanId: "a", from: 90, to: 300 },
    ]),
  );
  expect([...trace.self_ns]).toEqual([50, 30, 20, 210]);
});

test("services are listed by their own time, with their spans and errors", () => {
  const trace = readTrace("t", sampleTrace([{ spanId: "a", from: 0, to: 10 }, { spanId: "b", service: "pay", from: 0, to: 90, status: { code: 2 } }]));
  expect(trace.services).toEqual([
    { name: "pay", spanCount: 1, errorCount: 1, self_ns: 90 },
    { name: "shop", spanCount: 1, errorCount: 0, self_ns: 10 },
  ]);
  expect(trace.errorCount).toBe(1);
});

test("a marker for a missing parent reaches from the first to the last of its children", () => {
  const trace = readTrace("t", sampleTrace([{ spanId: "a", parentSpanId: "gone", from: 5, to: 20 }, { spanId: "b", parentSpanId: "gone", from: 0, to: 8 }]));
  expect([trace.start_ns[2], trace.end_ns[2]]).toEqual([0, 20]);
  expect(trace.root?.spanId).toBe("b");
});

test("a parent id of zeros means no parent", () => {
  expect(readTrace("t", sampleTrace([{ spanId: "a", parentSpanId: "0000000000000000" }])).tree.missingParentIds).toEqual([]);
});

test("a deep link leads back to its very span, also among twins of one id", () => {
  const trace = readTrace("t", sampleTrace([{ spanId: "AB" }, { spanId: "cd" }, { spanId: "ab" }]));
  expect([0, 1, 2].map((node) => spanRef(trace, node))).toEqual(["ab", "cd", "ab~1"]);
  expect([0, 1, 2].map((node) => findSpan(trace, spanRef(trace, node))?.node)).toEqual([0, 1, 2]);
  expect(findSpan(trace, "ef")).toBeUndefined();
});

test("spans sent more than once are counted; a client and a server that share an id are not copies", () => {
  const trace = readTrace("t", sampleTrace([{ spanId: "a", kind: 3 }, { spanId: "a", kind: 2 }, { spanId: "b" }, { spanId: "b" }]));
  expect([...trace.copies]).toEqual([[2, 2], [3, 2]]);
});

test("an empty answer is an empty trace", () => {
  const trace = readTrace("t", {});
  expect([trace.spans.length, trace.length_ns, trace.root]).toEqual([0, 0, undefined]);
});
