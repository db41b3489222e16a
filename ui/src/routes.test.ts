import { createMemoryHistory } from "@tanstack/react-router";
import { expect, test } from "vitest";
import { makeRouter } from "./routes";

/** What a page gets to see of an address, once the router has laid the validated values over the raw ones. */
function searchAt(address: string): unknown {
  const router = makeRouter(createMemoryHistory({ initialEntries: [address] }));
  const matches = router.matchRoutes(router.latestLocation);
  const page = matches[matches.length - 1];
  expect(page.searchError).toBeUndefined();
  return page.search;
}

test.each([
  ["?attr=foo", {}],
  ["?attr=", {}],
  ["?attr==x", {}],
  ["?attr=a%3D1", { attr: ["a=1"] }],
  ["?attr=a%3D1&attr=foo&attr=a%3D1", { attr: ["a=1"] }],
  ["?status=weird", {}],
  ["?limit=abc", {}],
  ["?limit=-1", {}],
  ["?limit=20", { limit: 20 }],
  ["?limit=99999", { limit: 1000 }],
  ["?service=a&service=b", { service: "a" }],
  ["?start=yesterday&end=1e99", {}],
  ["?start=99999999999999999999999999", {}],
  ["?start=now-15m", { start: "now-15m" }],
  ["?min_duration=fast&max_duration=1.5", { max_duration: "1.5ms" }],
  ["?sort=colour&live=maybe", {}],
  ["?__proto__=x&service=%E0%A4", { service: "\ufffd" }],
])("/search%s opens, wrong values dropped", (query, filters) => {
  expect(searchAt(`/search${query}`)).toEqual(filters);
});

test.each([
  ["?span=a&span=b", { span: "a" }],
  ["?span=", {}],
  ["?span=1234567890123456", { span: "1234567890123456" }],
])("a trace opens at %s", (query, search) => {
  expect(searchAt(`/trace/0123456789abcdef0123456789abcdef${query}`)).toEqual(search);
});
