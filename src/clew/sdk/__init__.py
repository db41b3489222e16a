"""The client library: an OpenTelemetry tracer for applications that is light, and the reporter of its spans."""
