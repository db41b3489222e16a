"""The engine's errors as Clew's: which limit was reached, and what whoever asked can do about it."""

import re

from clew.errors import BadQuery, ClewError, Overloaded, QueryCancelled, QueryTooExpensive, StoreError
from clew.store.read_pool import CANCELLED
from clew.store.settings import StoreSettings

_MESSAGE_CHARACTERS = 500
_TOO_LONG = frozenset({159, 160})
_TOO_MANY_ROWS_READ = frozenset({158, 307})
_TOO_MUCH_MEMORY = 241
_TOO_MANY_ROWS_RETURNED = 396
_CANCELLED = frozenset({394, 734})
_TOO_MANY_QUERIES = 202
_ALL_MEMORY = "(total)"
"""In the engine's message when it is the memory of all queries and loads that is used up, and not that of this one."""
_RAISE = "whoever runs Clew can raise {key} in [store]"


def translate(error: Exception, settings: StoreSettings) -> ClewError:
    """QueryTooExpensive with the setting that was reached, Overloaded, QueryCancelled, else StoreError."""
    text = str(error)
    found = re.search(r"Code: (\d+)", text)
    code = 0 if found is None else int(found[1])
    if code == _TOO_MANY_QUERIES or (code == _TOO_MUCH_MEMORY and is_total_memory(text)):
        return Overloaded("other queries and loads use all the memory that Clew may use; ask again in a moment")
    if code in _CANCELLED:
        return QueryCancelled(CANCELLED)
    return _at_limit(code, settings) or StoreError(short(error))


def _at_limit(code: int, settings: StoreSettings) -> QueryTooExpensive | None:
    if code in _TOO_LONG:
        return _too_expensive(f"took longer than {settings.max_query_time_s:g} s", "max_query_time_s")
    if code == _TOO_MUCH_MEMORY:
        most = f"{settings.max_query_memory_bytes >> 20} MiB"
        return _too_expensive(f"needs more than {most} of memory", "max_query_memory_bytes")
    if code in _TOO_MANY_ROWS_READ:
        return _too_expensive(f"has to read more than {settings.max_query_rows_read:,} rows", "max_query_rows_read")
    return _too_many_rows(settings) if code == _TOO_MANY_ROWS_RETURNED else None


def refusal_reason(error: BaseException) -> str:
    """The `reason` of a question without an answer: time, memory, rows_read, rows_returned, overloaded, ...."""
    if isinstance(error, QueryTooExpensive):
        return _REASONS.get(error.key or "", "limit")
    if isinstance(error, Overloaded):
        return "overloaded"
    if isinstance(error, QueryCancelled):
        return "cancelled"
    return "bad_query" if isinstance(error, BadQuery) else "failed"


def is_total_memory(message: str) -> bool:
    """Whether a memory error is about the engine as a whole."""
    return _ALL_MEMORY in message


def short(error: Exception) -> str:
    """As much of the engine's message as anybody reads."""
    return str(error)[:_MESSAGE_CHARACTERS]


_REASONS = {
    "max_query_time_s": "time",
    "max_query_memory_bytes": "memory",
    "max_query_rows_read": "rows_read",
    "max_query_result_rows": "rows_returned",
}


def _too_expensive(what: str, key: str) -> QueryTooExpensive:
    ways = "narrow the time range, or name a service, an operation or an attribute"
    return QueryTooExpensive(f"the query {what}; {ways}; {_RAISE.format(key=key)}", key)


def _too_many_rows(settings: StoreSettings) -> QueryTooExpensive:
    key = "max_query_result_rows"
    ways = "narrow the time range, or ask for less at once: a lower limit, a part of a large trace"
    what = f"the answer has more than {settings.max_query_result_rows:,} rows"
    return QueryTooExpensive(f"{what}; {ways}; {_RAISE.format(key=key)}", key)
