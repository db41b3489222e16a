/**
 * The query part of an address as plain text: `attr=a%3Db&attr=c`. The router's own way would turn a span id of digits
 * into a number, and lists into JSON.
 */
export function parseQuery(text: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const [key, value] of new URLSearchParams(text)) {
    // As a key of an object this one has a meaning of its own.
    if (key === "__proto__") continue;
    query[key] = Object.hasOwn(query, key) ? [query[key], value].flat() : value;
  }
  return query;
}

/** The span that an address names; the first one when it names several. */
export function readSpanRef(value: unknown): string | undefined {
  const first: unknown = [value].flat()[0];
  return typeof first === "string" && first !== "" ? first : undefined;
}

export function writeQuery(query: Record<string, unknown>): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const item of [value].flat()) if (item !== undefined && item !== null && item !== "") parameters.append(key, String(item));
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}
