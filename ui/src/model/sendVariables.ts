/** What to set before a program, so that any OpenTelemetry SDK sends here: defaults differ, Python's takes gRPC. */
export function sendVariables(hostname: string): string {
  return ["export OTEL_SERVICE_NAME=my-service", `export OTEL_EXPORTER_OTLP_ENDPOINT=http://${hostname}:4318`, "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"].join("\n");
}
