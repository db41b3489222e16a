import { expect, test } from "vitest";
import { collapseBelow, descendantCount, drawnNode, openLevel, reveal, toggle, visibleNodes } from "./rows";
import { buildTree } from "./tree";

// 0 ─ 1 ─ 2
//   └ 3 ─ 4
const tree = buildTree({ spanIds: ["0", "1", "2", "3", "4"], parentIds: ["", "0", "1", "0", "3"], services: ["", "", "", "", ""], kinds: [1, 1, 1, 1, 1], start_ns: [0, 1, 2, 3, 4] });

test("a closed span hides all below it and nothing else", () => {
  expect([...visibleNodes(tree, new Set([1]))]).toEqual([0, 1, 3, 4]);
  expect([...visibleNodes(tree, new Set([0, 1]))]).toEqual([0]);
});

test("closing twice opens again and leaves the old set alone", () => {
  const closed = toggle(new Set(), 1);
  expect([...closed]).toEqual([1]);
  expect(toggle(closed, 1).size).toBe(0);
  expect(closed.size).toBe(1);
});

test("levels close and open one by one", () => {
  expect([...visibleNodes(tree, collapseBelow(tree, 1))]).toEqual([0, 1, 3]);
  expect(openLevel(tree, collapseBelow(tree, 1))).toBe(1);
  expect(collapseBelow(tree, 2).size).toBe(0);
});

test("revealing a span opens its ancestors only", () => {
  expect([...reveal(tree, new Set([0, 1, 3]), 4)]).toEqual([1]);
});

test("a hidden span is stood for by its outermost closed ancestor", () => {
  expect(drawnNode(tree, new Set([0, 3]), 4)).toBe(0);
  expect(drawnNode(tree, new Set([3]), 2)).toBe(2);
});

test("descendants are counted through all levels", () => {
  expect([0, 1, 2].map((node) => descendantCount(tree, node))).toEqual([4, 1, 0]);
});
