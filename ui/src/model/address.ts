/**
 * The query part of an address as plain text: `attr=a%3Db&attr=c`. The router's own way would turn a span id of digits
 * into a number, and lists into JSON.
 */
export function parseQuery(text: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const [key, value] of new URLSearchParams(text)) {
    const before = query[key];
    query[key] = before === undefined ? value : [before, value].flat();
  }
  return query;
}

export function writeQuery(query: Record<string, unknown>): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const item of [value].flat()) if (item !== undefined && item !== null && item !== "") parameters.append(key, String(item));
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}
