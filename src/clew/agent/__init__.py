"""The host process: receive locally, buffer on disk, forward; no database, no UI."""
