"""Opaque durable records: appended, synced, and only then acknowledged."""
