"""Counts in messages: one span, but two spans."""


def counted(count: int, what: str) -> str:
    """`1 span`, `1,234 spans`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
