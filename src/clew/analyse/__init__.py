"""The service graph, computed from stored spans: SQL and pure functions."""
