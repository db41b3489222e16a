export interface TraceReference {
  traceId: string;
  spanId?: string;
}

/**
 * What people paste to get to a trace: a trace id (with or without dashes, short ones of 64 bits too), a `traceparent`
 * header, or the address of a trace page. `undefined` when there is no id in it.
 */
export function readTraceReference(text: string): TraceReference | undefined {
  const trimmed = text.trim().toLowerCase();
  const traceparent = /\b[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}\b/.exec(trimmed);
  if (traceparent) return { traceId: traceparent[1], spanId: traceparent[2] };
  const address = /\/trace\/([0-9a-f]{32})(?:\?(?:.*&)?span=([0-9a-f]{16}))?/.exec(trimmed);
  if (address) return { traceId: address[1], ...(address[2] && { spanId: address[2] }) };
  const bare = trimmed.replace(/-/g, "");
  if (/^[0-9a-f]{16}$|^[0-9a-f]{32}$/.test(bare)) return { traceId: bare.padStart(32, "0") };
  const inside = /(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/.exec(trimmed);
  return inside ? { traceId: inside[0] } : undefined;
}
