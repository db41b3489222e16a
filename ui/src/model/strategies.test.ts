import { expect, test } from "vitest";
import { EXAMPLE, explain, parseStrategies, summarise, writeStrategies } from "./strategies";

test("what is written is read back", () => {
  expect(parseStrategies(writeStrategies(EXAMPLE))).toEqual({ strategies: EXAMPLE });
});

test("a text that is no JSON, or no object, is told before the server is asked", () => {
  expect(parseStrategies('{"default_strategy": ')).toHaveProperty("problem");
  for (const text of ["[]", "null", "7"]) expect(parseStrategies(text)).toEqual({ problem: "Strategies are an object, with default_strategy and service_strategies in it." });
});

test("a version is told in a line", () => {
  expect(summarise(EXAMPLE)).toBe("default 50 %; payment, search");
  expect(summarise({ default_strategy: { type: "ratelimiting", param: 3 } })).toBe("default 3 traces/s");
  expect(summarise({ service_strategies: Array.from({ length: 7 }, (_, n) => ({ service: `s${n}` })) })).toBe("7 services");
  expect(summarise({})).toBe("nothing");
  expect(summarise(null)).toBe("removed");
});

test("what clients are told is explained by operation", () => {
  expect(explain({ probabilisticSampling: { samplingRate: 0.00001 } })).toEqual([{ operation: "all", kept: "0.001 %" }]);
  expect(explain({ rateLimitingSampling: { maxTracesPerSecond: 42 } })).toEqual([{ operation: "all", kept: "42 traces/s of each process" }]);
  const operationSampling = {
    defaultSamplingProbability: 0.1,
    defaultLowerBoundTracesPerSecond: 0.5,
    perOperationStrategies: [{ operation: "GET /", probabilisticSampling: { samplingRate: 1 } }],
  };
  expect(explain({ probabilisticSampling: { samplingRate: 0.1 }, operationSampling })).toEqual([
    { operation: "GET /", kept: "100 %, and at least 0.5 traces/s" },
    { operation: "all others", kept: "10 %, and at least 0.5 traces/s" },
  ]);
});
