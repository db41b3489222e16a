import { describe, expect, it } from "vitest";
import { pixelsAbove, scrollHeight, type ScrollRows, scrollTo } from "./scrollRows";

const few: ScrollRows = { count: 1000, rowHeight: 26, viewHeight: 600 };
const many: ScrollRows = { count: 3_000_000, rowHeight: 26, viewHeight: 600 };

describe("rows behind a scroll bar", () => {
  it("are scrolled pixel by pixel as long as a browser can", () => {
    expect(scrollHeight(few)).toBe(26_000);
    expect(pixelsAbove(few, 1234)).toBe(1234);
  });

  it("are all reached when there are more than a browser has pixels for", () => {
    expect(scrollHeight(many)).toBe(15_000_000);
    expect(pixelsAbove(many, 0)).toBe(0);
    expect(pixelsAbove(many, 15_000_000 - 600)).toBe(3_000_000 * 26 - 600);
  });

  it("are scrolled to any row", () => {
    for (const rows of [few, many]) {
      for (const row of [0, 1, 500, rows.count - 1]) {
        const above = pixelsAbove(rows, scrollTo(rows, row, 0));
        expect(row * 26).toBeGreaterThanOrEqual(above - 0.01);
        expect((row + 1) * 26).toBeLessThanOrEqual(above + 600.01);
      }
    }
  });

  it("stay where they are when the row is in the box", () => {
    expect(scrollTo(few, 20, 300)).toBe(300);
  });

  it("need no scrolling when all fit", () => {
    const all = { count: 5, rowHeight: 26, viewHeight: 600 };
    expect([pixelsAbove(all, 50), scrollTo(all, 4, 0)]).toEqual([0, 0]);
  });
});
