import { expect, test } from "vitest";
import { parseQuery, writeQuery } from "./address";
import { readFilters, resolvePeriod, searchQuery, widerRange, withoutDefaults } from "./filters";

const NOW_MS = 1_795_223_066_123;

test("a search comes back from its address as it went in", () => {
  const filters = { service: "pay & go", attr: ["a=b c", "url=x?y=1&z"], min_duration: "250ms", status: "error" as const, limit: 20 };
  expect(readFilters(parseQuery(writeQuery(filters)))).toEqual({ ...filters });
});

test("defaults are not written into the address", () => {
  expect(writeQuery({ ...withoutDefaults({ start: "now-1h", limit: 100, sort: "start", service: "" }) })).toBe("");
});

test("wrong values in an address are dropped", () => {
  expect(readFilters({ limit: "many", status: "fine", sort: "colour", attr: ["noequals"], other: "1" })).toEqual({});
});

test("span ids of digits stay text", () => {
  expect(parseQuery("?span=1234567890123456")).toEqual({ span: "1234567890123456" });
});

test("a relative range has a fixed start and an open end", () => {
  expect(resolvePeriod({}, NOW_MS)).toEqual({ from_ms: NOW_MS - 3_600_000, to_ms: undefined });
  expect(resolvePeriod({ start: "all" }, NOW_MS).from_ms).toBeUndefined();
});

test("a range of one's own has both ends", () => {
  const period = resolvePeriod({ start: "2026-11-21T00:00:00.000Z", end: "2026-11-21T01:00:00.000Z" }, NOW_MS);
  expect(period.to_ms! - period.from_ms!).toBe(3_600_000);
});

test("the request repeats attributes and carries nanoseconds", () => {
  const query = searchQuery({ attr: ["a=1", "b=2"], min_duration: "1.5s" }, { from_ms: 1000, to_ms: 2000 });
  expect(query.getAll("attr")).toEqual(["a=1", "b=2"]);
  expect(query.get("min_duration")).toBe("1500000000");
  expect([query.get("start"), query.get("end")]).toEqual(["1000000000", "2000000000"]);
});

test("a query goes to the server as it was typed", () => {
  const filters = readFilters(parseQuery(writeQuery({ q: 'url.path ^= "/a b" and x >= 5' })));
  expect(searchQuery(filters, { from_ms: 0, to_ms: undefined }).get("q")).toBe('url.path ^= "/a b" and x >= 5');
  expect(readFilters({ q: "" })).toEqual({});
});

test("when nothing is found the next wider range is offered, up to all time", () => {
  expect(widerRange({})?.start).toBe("now-6h");
  expect(widerRange({ start: "2026-11-21T00:00:00Z", end: "2026-11-21T01:00:00Z" })?.start).toBe("all");
  expect(widerRange({ start: "all" })).toBeUndefined();
});
