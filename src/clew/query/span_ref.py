"""Refs: how one span of a trace is named where several may have its id."""

import re

from clew.errors import BadQuery

_REF = re.compile(r"([0-9a-fA-F]{16})(?:~(\d{1,9}))?", re.ASCII)


def parse_ref(ref: str) -> tuple[bytes, int]:
    """The span id, and which of the spans that have it, by start: 0 is the first. Raises BadQuery."""
    match = _REF.fullmatch(ref)
    if match is None:
        raise BadQuery("span", f"{ref!r} is no ref of a span; it has 16 hex digits, and ~1 for the second of that id")
    return bytes.fromhex(match[1]), int(match[2] or 0)


def write_ref(span_id: int, twin: int) -> str:
    """The ref of a span whose id is that big-endian number."""
    return f"{span_id:016x}~{twin}" if twin else f"{span_id:016x}"
