import { expect, test } from "vitest";
import { childSegments } from "./childSegments";
import { sampleTrace } from "./sample";
import { readTrace } from "./trace";

test("the shaded parts of a bar are its children's times, merged and cut to the bar", () => {
  const trace = readTrace(
    "t",
    sampleTrace([
      { spanId: "a", from: 0, to: 100 },
      { spanId: "b", parentSpanId: "a", from: 10, to: 30 },
      { spanId: "deep", parentSpanId: "b", from: 60, to: 70 },
      { spanId: "c", parentSpanId: "a", from: 20, to: 40 },
      { spanId: "d", parentSpanId: "a", from: 90, to: 500 },
    ]),
  );
  expect(childSegments(trace, 0)).toEqual([[0.1, 0.4], [0.9, 1]]);
});
