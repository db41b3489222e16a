import { expect, test } from "vitest";
import { isSearchable, valueKind, valueText } from "./value";

test("0, the empty text and false are values; nothing is empty", () => {
  expect([{ intValue: "0" }, { stringValue: "" }, { boolValue: false }, {}].map((value) => [valueKind(value), valueText(value)])).toEqual([
    ["int", "0"],
    ["string", ""],
    ["bool", "false"],
    ["empty", ""],
  ]);
});

test("64-bit integers keep their digits, also inside lists", () => {
  expect(valueText({ intValue: "9223372036854775807" })).toBe("9223372036854775807");
  expect(valueText({ arrayValue: { values: [{ intValue: "9007199254740993" }] } })).toBe("[\n  9007199254740993\n]");
});

test("nested maps are drawn as JSON, with texts escaped", () => {
  const value = { kvlistValue: { values: [{ key: 'a"b', value: { stringValue: "x\n" } }, { key: "c", value: { arrayValue: {} } }, { key: "d" }] } };
  expect(JSON.parse(valueText(value))).toEqual({ 'a"b': "x\n", c: [], d: null });
});

test("only scalars can be searched for", () => {
  expect([{ doubleValue: 1.5 }, { bytesValue: "AA==" }, { arrayValue: {} }, undefined].map(isSearchable)).toEqual([true, false, false, false]);
});
