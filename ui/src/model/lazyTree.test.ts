import { describe, expect, it } from "vitest";
import { drawnRow, EMPTY, findFilter, missingPages, revealed, rowCount, rowOf, runsOf, toggled, TOP, type TreeRow, withPage } from "./lazyTree";

function span(ref: string, parent: string | null, position: number, children = 0): TreeRow {
  return {
    ref,
    span_id: ref,
    parent_ref: parent,
    service: "s",
    name: ref,
    kind: "internal",
    start_time_unix_nano: "0",
    duration_ns: 1,
    status: "unset",
    place: parent === null ? "root" : "child",
    depth: 0,
    position,
    child_count: children,
    descendant_count: children,
    errors_below: 0,
  };
}

const root = span("root", null, 0, 1_000_000);
const closed = withPage(EMPTY, TOP, 1, 0, [root]);
const opened = toggled(closed, root);

describe("a tree read bit by bit", () => {
  it("shows the top alone as long as nothing is open", () => {
    expect(rowCount(runsOf(closed))).toBe(1);
    expect(drawnRow(closed, runsOf(closed), 0)).toEqual({ parentRef: TOP, place: 0, depth: 0, span: root });
  });

  it("counts a million children without having read one", () => {
    const runs = runsOf(opened);
    expect(runs).toHaveLength(2);
    expect(rowCount(runs)).toBe(1_000_001);
    expect(drawnRow(opened, runs, 1_000_000)).toEqual({ parentRef: "root", place: 999_999, depth: 1, span: undefined });
  });

  it("asks only for the pages that are looked at", () => {
    const runs = runsOf(opened);
    expect(missingPages(opened, runs, 150, 260)).toEqual([
      { parentRef: "root", offset: 100 },
      { parentRef: "root", offset: 200 },
    ]);
    const first = Array.from({ length: 100 }, (_, place) => span(`c${place}`, "root", 100 + place));
    const read = withPage(opened, "root", 1_000_000, 100, first);
    expect(missingPages(read, runsOf(read), 150, 260)).toEqual([{ parentRef: "root", offset: 200 }]);
  });

  it("puts the children of an open child between its siblings", () => {
    const child = span("child", "root", 5, 2);
    const tree = toggled(withPage(opened, "root", 1_000_000, 5, [child]), child);
    const runs = runsOf(tree);
    expect(rowCount(runs)).toBe(1_000_003);
    expect(drawnRow(tree, runs, 6).span).toBe(child);
    expect(drawnRow(tree, runs, 7)).toMatchObject({ parentRef: "child", place: 0, depth: 2 });
    expect(drawnRow(tree, runs, 9)).toMatchObject({ parentRef: "root", place: 6, depth: 1 });
    expect(rowCount(runsOf(toggled(tree, child)))).toBe(1_000_001);
  });

  it("opens the way to a span that was found", () => {
    const parent = span("p", "root", 500_000, 300);
    const hit = span("hit", "p", 250);
    const tree = revealed(closed, [root, parent], hit);
    const row = rowOf(runsOf(tree), hit)!;
    expect(row).toBe(1 + 500_000 + 1 + 250);
    expect(drawnRow(tree, runsOf(tree), row).span).toBe(hit);
    expect(rowOf(runsOf(closed), hit)).toBeUndefined();
  });

  it("does not open a span without children", () => {
    expect(toggled(closed, span("leaf", null, 0)).open.size).toBe(0);
  });

  it("understands what is typed", () => {
    expect(findFilter("  ")).toBeUndefined();
    expect(findFilter("charge")?.toString()).toBe("q=charge");
    expect(findFilter("order.id=A 17")?.get("attr")).toBe("order.id=A 17");
    expect(findFilter("status=error")?.toString()).toBe("status=error");
    expect(findFilter("=x")?.toString()).toBe("q=%3Dx");
  });
});
