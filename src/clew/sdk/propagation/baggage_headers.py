"""Baggage where each entry is a header of its own, such as `uberctx-user: 7`, within the limits of W3C Baggage."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from opentelemetry.baggage import get_all, set_baggage
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter

from clew.sdk.propagation.header_propagator import first

MOST_ENTRIES = 180
MOST_CHARS = 8192
MOST_ENTRY_CHARS = 4096
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""What may stand in the name of a header; others make HTTP clients raise."""


def read_entries(carrier: Any, getter: Getter[Any], prefix: str) -> Iterator[tuple[str, str]]:
    """(key, value) of the headers that begin with `prefix`, in any case; values as they came."""
    names = (name for name in getter.keys(carrier) if name.lower().startswith(prefix))
    for name in islice(names, MOST_ENTRIES):
        if len(name) > len(prefix):
            yield name[len(prefix) :], first(carrier, getter, name)


def add_entries(context: Context, entries: Iterable[tuple[str, str]]) -> Context:
    """The context with these, as many as fit, besides what baggage it has."""
    for key, value in within_limits(entries):
        context = set_baggage(key, value, context)
    return context


def text_entries(context: Context) -> Iterator[tuple[str, str]]:
    """The context's baggage as texts; what has none is left out, and so are keys that no header's name can hold."""
    for key, value in get_all(context).items():
        if _TOKEN.fullmatch(key):
            with suppress(Exception):  # the value's own method
                yield key, str(value)


def within_limits(entries: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """From the first on, until they are too many or too long together; one that is too long itself is left out."""
    left_chars = MOST_CHARS
    for key, value in islice(entries, MOST_ENTRIES):
        chars = len(key) + len(value) + 1
        if chars > MOST_ENTRY_CHARS:
            continue
        left_chars -= chars
        if left_chars < 0:
            return
        yield key, value
