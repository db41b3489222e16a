"""Search: plan, run on a read-only handle, page."""
