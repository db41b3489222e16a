"""Distributed tracing in one program: takes OpenTelemetry traces in, keeps them, finds and draws them."""

__version__ = "0.1.0"
