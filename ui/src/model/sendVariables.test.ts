import { expect, test } from "vitest";
import { sendVariables } from "./sendVariables";

test("the variables name the service, where this Clew listens for HTTP, and the protocol that goes with it", () => {
  expect(sendVariables("clew.test").split("\n")).toEqual([
    "export OTEL_SERVICE_NAME=my-service",
    "export OTEL_EXPORTER_OTLP_ENDPOINT=http://clew.test:4318",
    "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
  ]);
});
