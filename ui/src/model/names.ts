/**
 * A gRPC method without the package before its service: `shop.v1.InventoryService/Reserve` becomes
 * `InventoryService/Reserve`, the part that tells methods apart in a narrow column. Other names stay as they are.
 */
export function shortName(name: string): string {
  const method = /^\/?(?:\w+\.)+(\w+\/\w+)$/.exec(name);
  return method ? method[1] : name;
}

const LONGEST_END = 28;

/** A name in two parts, of which the first is to be cut when room is short: what stands after the last slash says most. */
export function splitName(name: string): [start: string, end: string] {
  const slash = name.lastIndexOf("/");
  if (slash <= 0 || name.length - slash > LONGEST_END) return [name, ""];
  return [name.slice(0, slash), name.slice(slash)];
}
