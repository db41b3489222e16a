"""Bytes in, OTLP bytes out; pure."""
