import { expect, test } from "vitest";
import { shortName, splitName } from "./names";

test.each([
  ["oteldemo.shop.v1.InventoryService/Reserve", "InventoryService/Reserve"],
  ["/grpc.health.v1.Health/Check", "Health/Check"],
  ["InventoryService/Reserve", "InventoryService/Reserve"],
  ["GET /a.b/c", "GET /a.b/c"],
  ["text/v1.2/x", "text/v1.2/x"],
  ["", ""],
])("%s is shown as %s", (name, short) => expect(shortName(name)).toBe(short));

test.each([
  ["InventoryService/Reserve", ["InventoryService", "/Reserve"]],
  ["/checkout", ["/checkout", ""]],
  ["charge card", ["charge card", ""]],
  [`GET /${"x".repeat(60)}`, [`GET /${"x".repeat(60)}`, ""]],
])("of %s the end stays when it is cut", (name, parts) => expect(splitName(name)).toEqual(parts));
