import { expect, test } from "vitest";
import { assignSlots, SLOT_COUNT, slotColour } from "./colour";

test("a service keeps its colour whatever the order in which services are met", () => {
  expect(assignSlots(["cart", "payment", "email"])).toEqual(assignSlots(["email", "cart", "payment", "cart"]));
});

test("up to 36 services have different colours in both themes", () => {
  const names = Array.from({ length: SLOT_COUNT }, (_, index) => `service-${index}`);
  const slots = [...assignSlots(names).values()];
  expect(SLOT_COUNT).toBe(36);
  expect(new Set(slots.map((slot) => slotColour(slot, "light"))).size).toBe(36);
  expect(new Set(slots.map((slot) => slotColour(slot, "dark"))).size).toBe(36);
});

test("nine services have nine hues", () => {
  const slots = assignSlots(["a", "b", "c", "d", "e", "f", "g", "h", "i"]);
  expect(new Set([...slots.values()].map((slot) => slotColour(slot, "light").split(" ")[2])).size).toBe(9);
});

test("more services than colours are coloured all the same", () => {
  expect(assignSlots(Array.from({ length: 100 }, (_, index) => `s${index}`)).size).toBe(100);
});
