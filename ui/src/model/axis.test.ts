import { expect, test } from "vitest";
import { clampView, formatTick, fullView, isFull, pan, position, ticks, zoomAround } from "./axis";

test("ticks are round and about as many as wanted", () => {
  expect(ticks({ from_ns: 0, to_ns: 177e6 }, 9)).toEqual([0, 2e7, 4e7, 6e7, 8e7, 1e8, 1.2e8, 1.4e8, 1.6e8]);
});

test("labels of neighbouring ticks differ however close they are", () => {
  expect([1_234_567, 1_234_568].map((time) => formatTick(time, 1))).toEqual(["1.234567 ms", "1.234568 ms"]);
  expect(formatTick(2e9, 1e9)).toBe("2 s");
});

test("zooming keeps the time below the pointer in its place", () => {
  const view = zoomAround({ from_ns: 0, to_ns: 1000 }, 250, 0.5, 1000);
  expect(position(view, 250)).toBeCloseTo(0.25);
});

test("a view never leaves the trace nor gets empty", () => {
  expect(pan({ from_ns: 0, to_ns: 100 }, -50, 1000)).toEqual({ from_ns: 0, to_ns: 100 });
  expect(clampView({ from_ns: 500, to_ns: 500 }, 1000)).toEqual({ from_ns: 500, to_ns: 510 });
  expect(isFull(zoomAround(fullView(1000), 500, 3, 1000), 1000)).toBe(true);
});

test("a trace of no length has an axis all the same", () => {
  expect(ticks(fullView(0), 5).length).toBeGreaterThan(1);
  expect(position(fullView(0), 0)).toBe(0);
});
