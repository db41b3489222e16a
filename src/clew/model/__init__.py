"""Ids, time, span and trace values; pure."""
