import { expect, test } from "vitest";
import { findSpans, stepThrough } from "./findSpans";
import { sampleTrace } from "./sample";
import { readTrace } from "./trace";

const trace = readTrace(
  "t",
  sampleTrace([
    { spanId: "a", name: "POST /Checkout" },
    { spanId: "b", parentSpanId: "a", name: "SELECT", service: "db", attributes: [{ key: "user.tier", value: { stringValue: "gold member" } }] },
    { spanId: "c", parentSpanId: "a", name: "charge", events: [{ name: "exception", attributes: [{ key: "exception.type", value: { stringValue: "CardDeclined" } }] }] },
  ]),
);

test.each([
  ["checkout", [0]],
  ["user.tier=gold MEM", [1]],
  ["carddeclined", [2]],
  ["service.name=db", [1]],
  ["nowhere", []],
  ["  ", []],
])("%j is found in the right spans", (query, nodes) => expect([...findSpans(trace, query)]).toEqual(nodes));

test("stepping goes round at both ends", () => {
  const found = Int32Array.from([0, 2]);
  expect([stepThrough(trace, found, undefined, 1), stepThrough(trace, found, 1, 1), stepThrough(trace, found, 2, 1), stepThrough(trace, found, 0, -1)]).toEqual([0, 2, 0, 2]);
  expect(stepThrough(trace, new Int32Array(0), 0, 1)).toBeUndefined();
});
