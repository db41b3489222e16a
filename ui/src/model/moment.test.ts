import { expect, test } from "vitest";
import { formatAxisMoments, formatExact, formatRelative, nsOf } from "./moment";

test("nanosecond strings keep all digits; what is no number is 0", () => {
  expect(nsOf("1795223066123456789")).toBe(1_795_223_066_123_456_789n);
  expect([nsOf(undefined), nsOf(""), nsOf("soon")]).toEqual([0n, 0n, 0n]);
});

test("an exact time ends in its nine digits", () => {
  expect(formatExact(1_795_223_066_000_000_007n)).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.000000007$/);
});

test("relative times name the largest whole unit", () => {
  expect(formatRelative(0, 90_000)).toBe("1 minute ago");
  expect(formatRelative(0, 200)).toBe("now");
  expect(formatRelative(7_200_000, 0)).toBe("in 2 hours");
});

test("an axis over midnight names each day once", () => {
  const midnight_s = new Date(2026, 10, 21).getTime() / 1000;
  expect(formatAxisMoments([midnight_s - 7200, midnight_s - 3600, midnight_s], 3600)).toEqual(["22:00\n20 Nov", "23:00", "00:00\n21 Nov"]);
});
