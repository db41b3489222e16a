import { expect, test } from "vitest";
import { logsBySpan, readLogs, severityOf } from "./logs";

test("severity numbers fall into the six levels of OpenTelemetry", () => {
  expect([0, 1, 8, 9, 13, 17, 24, 99].map(severityOf)).toEqual(["unset", "trace", "debug", "info", "warn", "error", "fatal", "fatal"]);
});

test("logs are ordered by time across services and grouped by span", () => {
  const record = (time: string, spanId?: string) => ({ timeUnixNano: time, spanId, body: { stringValue: time } });
  const logs = readLogs({
    resourceLogs: [
      { resource: { attributes: [{ key: "service.name", value: { stringValue: "a" } }] }, scopeLogs: [{ logRecords: [record("1795223066123456790", "AA"), record("5", "bb")] }] },
      { scopeLogs: [{ logRecords: [record("1795223066123456789")] }] },
    ],
  });
  expect(logs.map((log) => log.body)).toEqual(["5", "1795223066123456789", "1795223066123456790"]);
  expect([...logsBySpan(logs).keys()]).toEqual(["bb", "", "aa"]);
  expect(logs[1].service).toBe("unknown service");
});
