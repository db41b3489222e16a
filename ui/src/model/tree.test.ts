import { expect, test } from "vitest";
import { buildTree, type TreeInput } from "./tree";

type Row = [id: string, parent: string, start?: number, service?: string, kind?: number];

function input(rows: Row[]): TreeInput {
  return {
    spanIds: rows.map(([id]) => id),
    parentIds: rows.map(([, parent]) => parent),
    start_ns: rows.map(([, , start = 0]) => start),
    services: rows.map(([, , , service = "a"]) => service),
    kinds: rows.map(([, , , , kind = 1]) => kind),
  };
}

/** Rows as text: two blanks a level, markers in brackets. */
function drawn(rows: Row[]): string[] {
  const tree = buildTree(input(rows));
  return [...tree.order].map((node) => "  ".repeat(tree.depth[node]) + (node < rows.length ? rows[node][0] : `[${tree.missingParentIds[node - rows.length]}]`));
}

test("children stand below their parent, by start and then as they came", () => {
  expect(drawn([["late", "root", 9], ["root", ""], ["early", "root", 1], ["same", "root", 9], ["leaf", "early", 3]])).toEqual([
    "root",
    "  early",
    "    leaf",
    "  late",
    "  same",
  ]);
});

test("spans of one missing parent stand together below its marker, where the first of them starts", () => {
  expect(drawn([["root", "", 0], ["x", "gone", 5], ["y", "gone", 2], ["z", "other", 3], ["second root", "", 4]])).toEqual([
    "root",
    "[gone]",
    "  y",
    "  x",
    "[other]",
    "  z",
    "second root",
  ]);
});

test("a circle of parents is cut at its earliest span, and what hangs on it stays on it", () => {
  const rows: Row[] = [["a", "c", 3], ["b", "a", 2], ["c", "b", 4], ["leaf", "c", 1]];
  expect(drawn(rows)).toEqual(["b", "  c", "    leaf", "    a"]);
  expect([...buildTree(input(rows)).cycleCut]).toEqual([0, 1, 0, 0]);
});

test("a span that is its own parent is a root", () => {
  expect(drawn([["self", "self"], ["child", "self"]])).toEqual(["self", "  child"]);
});

test("a server span with its client's id stands below the client, and its own service's children below it", () => {
  const rows: Row[] = [["root", "", 0, "web"], ["shared", "root", 1, "web", 3], ["shared", "root", 2, "api", 2], ["query", "shared", 3, "api"]];
  const tree = buildTree(input(rows));
  expect([...tree.parent]).toEqual([-1, 0, 1, 2]);
});

test("every span has a row though ids are doubled or empty", () => {
  const rows: Row[] = [["x", ""], ["x", ""], ["", "x"], ["", "", 0, "a", 2], ["", "", 0, "a", 3]];
  expect(drawn(rows)).toHaveLength(5);
});

test("a subtree ends at the row after its last descendant", () => {
  const tree = buildTree(input([["root", ""], ["a", "root", 1], ["b", "a", 2], ["c", "root", 3]]));
  expect([...tree.subtreeEnd]).toEqual([4, 3, 3, 4]);
});

test("a chain of 100,000 spans is arranged without recursion", () => {
  const rows = Array.from({ length: 100_000 }, (_, index): Row => [`s${index}`, index === 0 ? "" : `s${index - 1}`, index]);
  expect(buildTree(input(rows)).maxDepth).toBe(99_999);
});

test("a trace without spans is an empty tree", () => {
  expect(drawn([])).toEqual([]);
});
