import { expect, test } from "vitest";
import { errorsToVisit, stepThroughErrors } from "./errors";
import { sampleTrace } from "./sample";
import { readTrace } from "./trace";

const status = { code: 2 };
// a(error) ─ b(error) ─ c        a's other child d(error) ─ e(fine) ─ f(error) starts before b
const trace = readTrace(
  "t",
  sampleTrace([
    { spanId: "a", from: 0, to: 100, status },
    { spanId: "b", parentSpanId: "a", from: 50, to: 60, status },
    { spanId: "c", parentSpanId: "b", from: 51, to: 55 },
    { spanId: "d", parentSpanId: "a", from: 10, to: 90, status },
    { spanId: "e", parentSpanId: "d", from: 20, to: 89 },
    { spanId: "f", parentSpanId: "e", from: 70, to: 80, status },
  ]),
);

test("an error began where no error is below, at any depth; the earliest comes first", () => {
  expect(trace.errorOrigins.map((node) => trace.spans[node].spanId)).toEqual(["b", "f"]);
});

test("errors are visited from where they began, then from top to bottom, and round again", () => {
  const errors = errorsToVisit(trace.tree, trace.spans, trace.errorOrigins);
  const visited: string[] = [];
  let cursor: number | undefined = 4;
  for (let visit = 0; visit < 5; visit++) {
    cursor = stepThroughErrors(errors, cursor, 1);
    visited.push(trace.spans[cursor!].spanId);
  }
  expect(visited).toEqual(["b", "f", "a", "d", "b"]);
  expect(stepThroughErrors(errors, errors[0], -1)).toBe(3);
  expect(stepThroughErrors([], 0, 1)).toBeUndefined();
});
