import { expect, test } from "vitest";
import { readTraceReference } from "./traceReference";

const ID = "4bf92f3577b34da6a3ce929d0e0e4736";

test.each([
  [`  ${ID.toUpperCase()} `, { traceId: ID }],
  ["4bf92f35-77b3-4da6-a3ce-929d0e0e4736", { traceId: ID }],
  ["a3ce929d0e0e4736", { traceId: "0000000000000000a3ce929d0e0e4736" }],
  [`00-${ID}-00f067aa0ba902b7-01`, { traceId: ID, spanId: "00f067aa0ba902b7" }],
  [`http://localhost:16686/trace/${ID}?span=00f067aa0ba902b7`, { traceId: ID, spanId: "00f067aa0ba902b7" }],
  [`ERROR [trace_id=${ID}] payment declined`, { traceId: ID }],
])("%s leads to its trace", (text, reference) => expect(readTraceReference(text)).toEqual(reference));

test.each(["", "zz", "4bf92f", `${ID}ff`])("%j has no trace id", (text) => expect(readTraceReference(text)).toBeUndefined());
