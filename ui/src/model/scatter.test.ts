import { expect, test } from "vitest";
import { axisRange, nearestPoint } from "./scatter";

test("the plot covers the period asked for, or only what was loaded of it", () => {
  const period = { from_ms: 0, to_ms: 100_000 };
  expect(axisRange([50, 60], [6, 7], period, 0, false).x).toEqual([0, 100]);
  expect(axisRange([50, 60], [6, 7], period, 0, true).x[0]).toBeCloseTo(49.7);
});

test("only a point within reach is pointed at, and the nearest of them", () => {
  const points = [{ x: 0, y: 0 }, { x: 10, y: 0 }];
  expect([nearestPoint(points, 7, 0, 5), nearestPoint(points, 40, 0, 5)]).toEqual([1, undefined]);
});
