"""Sampling strategies: which traces clients are told to keep."""
