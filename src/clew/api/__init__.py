"""The read door: REST, the web UI, health and metrics."""
