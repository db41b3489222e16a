"""Propagators: a trace's context in the headers of requests and messages, and on its way to threads and processes."""
