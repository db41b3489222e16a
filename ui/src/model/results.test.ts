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

test("bars of durations are logarithmic between the shortest and the longest", () => {
  const scale = durationScale([{ duration_ns: 100 }, { duration_ns: 10_000 }]);
  expect([scale(100), scale(1000), scale(10_000)].map((length) => length.toFixed(3))).toEqual(["0.030", "0.515", "1.000"]);
  expect(durationScale([{ duration_ns: 0 }])(0)).toBe(1);
});
