import { expect, test } from "vitest";
import { errorBars, minimapBars } from "./minimap";
import { sampleTrace } from "./sample";
import { readTrace } from "./trace";

test("the overview never has more bars than pixels, and no error is lost", () => {
  const spans = Array.from({ length: 5000 }, (_, index) => ({ spanId: `s${index}`, from: index % 7, to: 1000, status: { code: index === 4999 ? 2 : 0 } }));
  const trace = readTrace("t", sampleTrace(spans));
  expect(minimapBars(trace, 100, 50).length).toBeLessThanOrEqual(100 * 50);
  expect(errorBars(trace, 100, 50).map((bar) => bar.node)).toEqual([4999]);
});
