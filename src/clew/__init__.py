"""Distributed tracing that names the service at fault and tells its owners."""

__version__ = "0.1.0"
