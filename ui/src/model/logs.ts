import { nsOf } from "./moment";
import type { OtlpLogRecord, OtlpLogs } from "./otlp";
import { findAttribute, valueText } from "./value";

export type Severity = "unset" | "trace" | "debug" | "info" | "warn" | "error" | "fatal";

export interface Log {
  time_ns: bigint;
  severity: Severity;
  severityText: string;
  body: string;
  service: string;
  spanId: string;
  raw: OtlpLogRecord;
}

const SEVERITIES: Severity[] = ["trace", "debug", "info", "warn", "error", "fatal"];

export function severityOf(number: number | undefined): Severity {
  if (!number || number < 1) return "unset";
  return SEVERITIES[Math.min(5, Math.floor((number - 1) / 4))];
}

/** All log records of a trace, by time. */
export function readLogs(otlp: OtlpLogs): Log[] {
  const logs: Log[] = [];
  for (const { resource, scopeLogs = [] } of otlp.resourceLogs ?? []) {
    const service = findAttribute(resource?.attributes, "service.name") ?? "unknown service";
    for (const { logRecords = [] } of scopeLogs) for (const raw of logRecords) logs.push(readLog(raw, service));
  }
  return logs.sort((a, b) => (a.time_ns < b.time_ns ? -1 : a.time_ns > b.time_ns ? 1 : 0));
}

function readLog(raw: OtlpLogRecord, service: string): Log {
  const severity = severityOf(raw.severityNumber);
  return {
    time_ns: nsOf(raw.timeUnixNano) || nsOf(raw.observedTimeUnixNano),
    severity,
    severityText: raw.severityText || (severity === "unset" ? "LOG" : severity.toUpperCase()),
    body: valueText(raw.body) || raw.eventName || "",
    service,
    spanId: (raw.spanId ?? "").toLowerCase(),
    raw,
  };
}

export function logsBySpan(logs: Log[]): Map<string, Log[]> {
  const bySpan = new Map<string, Log[]>();
  for (const log of logs) {
    const same = bySpan.get(log.spanId);
    if (same) same.push(log);
    else bySpan.set(log.spanId, [log]);
  }
  return bySpan;
}
