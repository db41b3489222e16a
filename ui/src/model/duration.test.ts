import { expect, test } from "vitest";
import { formatDuration, formatExactDuration, normalDuration, parseDuration } from "./duration";

test.each([
  [0, "0"],
  [3, "3 ns"],
  [999.6, "1 µs"],
  [1234, "1.23 µs"],
  [45_600_000, "45.6 ms"],
  [999_600_000, "1 s"],
  [1_500_000_000, "1.5 s"],
  [123_000_000_000, "2 m 3 s"],
  [60_000_000_000, "1 m"],
  [3_661_000_000_000, "1 h 1 m"],
  [-50_000, "−50 µs"],
  [Number.NaN, "unknown"],
])("%d ns reads %s", (duration_ns, text) => expect(formatDuration(duration_ns)).toBe(text));

test.each([
  ["250ms", 250_000_000],
  ["1.5s", 1_500_000_000],
  ["1m30s", 90_000_000_000],
  [" 2 S ", 2_000_000_000],
  ["10us", 10_000],
  ["10µs", 10_000],
  ["42", 42_000_000],
  ["1.5", 1_500_000],
])("%s is understood", (text, duration_ns) => expect(parseDuration(text)).toBe(duration_ns));

test.each(["", "fast", "5 parsecs", "ms", "-3s", "1s2"])("%j is not a duration", (text) => expect(parseDuration(text)).toBeUndefined());

test.each([
  ["1.5", "1.5ms"],
  [" 2 S ", "2s"],
  ["1m30s", "1m30s"],
  ["fast", undefined],
  ["", undefined],
])("%j is written as %s", (text, normal) => expect(normalDuration(text)).toBe(normal));

test("exact durations keep every nanosecond", () => {
  expect(formatExactDuration(99_937_442)).toBe("99.937442 ms");
  expect(formatExactDuration(1_000_000_001)).toBe("1.000000001 s");
});
