import { expect, test } from "vitest";
import { durationScale, namedServices, servicesThatFit, sortTraces } from "./results";

test("results are ordered by the chosen column, newest first among equals", () => {
  const trace = (name: string, start: string, duration_ns: number) => ({ name, start_time_unix_nano: start, duration_ns, span_count: 1, error_count: 0 });
  const traces = [trace("c", "30", 5), trace("b", "20", 9), trace("a", "10", 5)];
  expect(sortTraces(traces, "duration").map(({ name }) => name)).toEqual(["b", "c", "a"]);
  expect(sortTraces(traces, "start")).toBe(traces);
});

test("the root's service is named first and the surplus is counted", () => {
  expect(namedServices(["a", "b", "c", "d"], "c", 3)).toEqual({ named: ["c", "a"], more: ["b", "d"] });
  expect(namedServices(["a", "b"], "b", 3)).toEqual({ named: ["b", "a"], more: [] });
});

test("as many services are named as have room beside the count of the others, and at least one", () => {
  const services = ["frontend", "checkout", "payment"];
  expect(servicesThatFit(services, "frontend", 7, 1000)).toEqual({ named: services, more: [] });
  expect(servicesThatFit(services, "frontend", 7, 200)).toEqual({ named: ["frontend", "checkout"], more: ["payment"] });
  expect(servicesThatFit(services, "frontend", 7, 10)).toEqual({ named: ["frontend"], more: ["checkout", "payment"] });
});

test("bars of durations are in proportion to the longest, and begin at nothing", () => {
  const scale = durationScale([{ duration_ns: 31_800_000 }, { duration_ns: 36_000_000 }, { duration_ns: 0 }]);
  expect([scale(0), scale(18_000_000), scale(36_000_000)]).toEqual([0, 0.5, 1]);
  expect(scale(31_800_000)).toBeCloseTo(0.883, 3);
  expect(durationScale([{ duration_ns: 0 }])(0)).toBe(0);
});
