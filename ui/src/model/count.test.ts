import { expect, test } from "vitest";
import { counted } from "./count";

test.each([
  [0, "0 spans"],
  [1, "1 span"],
  [1234, "1,234 spans"],
])("%d is told as %s", (count, text) => expect(counted(count, "span")).toBe(text));
