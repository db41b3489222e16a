"""The trace state of W3C Trace Context, level 2.

The API's `TraceState` has the keys of level 1: one that begins with a digit, or holds `@` elsewhere than before a short
name, costs the whole header there, and so does a key that comes twice, which level 2 wants to be inherited. (1.45)
"""

import re
from collections.abc import Iterable, Sequence

from opentelemetry.trace import TraceState
from opentelemetry.trace.span import DEFAULT_TRACE_STATE

MOST_MEMBERS = 32
MOST_CHARS = 8192
"""Of all headers together. 512 have to be carried on; the API carries this many."""
_KEY = r"([a-z0-9][a-z0-9_\-*/@]{0,255})"
_VALUE = r"([\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e])"
_MEMBER = re.compile(f"{_KEY}={_VALUE}")


class LevelTwoTraceState(TraceState):
    """Pairs by key in their order; immutable. Pairs that aren't valid are left out; more than 32 are none."""

    def __init__(self, entries: Sequence[tuple[str, str]] | None = None) -> None:
        super().__init__()
        if entries and len(entries) <= MOST_MEMBERS:
            for key, value in entries:
                if _MEMBER.fullmatch(f"{key}={value}"):
                    self._dict.setdefault(key, value)

    def add(self, key: str, value: str) -> TraceState:
        """With a pair at the front; as it is when the key is there, when there is no room, or when it isn't valid."""
        return self if key in self._dict else self.update(key, value)

    def update(self, key: str, value: str) -> TraceState:
        """The same, and a key that is there gets the value."""
        others = [(known, text) for known, text in self._dict.items() if known != key]
        if len(others) >= MOST_MEMBERS or not _MEMBER.fullmatch(f"{key}={value}"):
            return self
        return LevelTwoTraceState([(key, value), *others])

    def delete(self, key: str) -> TraceState:
        """Without a key."""
        return LevelTwoTraceState([(known, text) for known, text in self._dict.items() if known != key])

    @classmethod
    def from_header(cls, header_list: list[str]) -> TraceState:
        """As `read_trace_state`."""
        return read_trace_state(header_list)


def read_trace_state(headers: Iterable[str]) -> TraceState:
    """The pairs of all headers, in order; of a key that comes twice the first. None at all when one can't be read."""
    header = ",".join(headers)
    pairs: dict[str, str] = {}
    if len(header) > MOST_CHARS:
        return DEFAULT_TRACE_STATE
    for member in filter(None, (part.strip(" \t") for part in header.split(","))):
        match = _MEMBER.fullmatch(member)
        if match is None:
            return DEFAULT_TRACE_STATE
        pairs.setdefault(match[1], match[2])
    return LevelTwoTraceState(list(pairs.items())) if pairs else DEFAULT_TRACE_STATE
