"""The composition root: settings, wiring; start, drain, stop in reverse order."""
