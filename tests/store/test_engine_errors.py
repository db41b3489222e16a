import pytest

from clew.errors import BadQuery, ClewError, Overloaded, QueryCancelled, QueryTooExpensive, StoreError
from clew.store.engine_errors import refusal_reason, translate
from clew.store.settings import StoreSettings

SETTINGS = StoreSettings()


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("Code: 159. DB::Exception: Timeout exceeded", "max_query_time_s", "time"),
        ("Code: 241. DB::Exception: Query memory limit exceeded", "max_query_memory_bytes", "memory"),
        ("Code: 158. DB::Exception: Limit for rows exceeded", "max_query_rows_read", "rows_read"),
        ("Code: 396. DB::Exception: Limit for result exceeded", "max_query_result_rows", "rows_returned"),
    ],
)
def test_each_limit_is_named_with_the_ways_out(text: str, key: str, reason: str) -> None:
    """The error has the setting's key; its message how to ask for less, and what the operator can raise."""
    error = translate(RuntimeError(text), SETTINGS)
    assert isinstance(error, QueryTooExpensive)
    assert error.key == key
    assert "narrow the time range" in str(error)
    assert f"raise {key} in [store]" in str(error)
    assert refusal_reason(error) == reason


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("Code: 241. DB::Exception: (total) memory limit exceeded: would use 3 GiB", Overloaded, "overloaded"),
        ("Code: 202. DB::Exception: Too many simultaneous queries", Overloaded, "overloaded"),
        ("Code: 394. DB::Exception: Query was cancelled", QueryCancelled, "cancelled"),
        ("Code: 60. DB::Exception: Unknown table", StoreError, "failed"),
        ("no code at all", StoreError, "failed"),
    ],
)
def test_what_is_no_limit_of_the_query_is_told_apart(text: str, kind: type[ClewError], reason: str) -> None:
    """Memory that others use up is a reason to come back, and everything unknown is the store's fault."""
    error = translate(RuntimeError(text), SETTINGS)
    assert type(error) is kind
    assert refusal_reason(error) == reason


def test_the_message_of_an_unknown_error_is_bounded() -> None:
    """The engine quotes whole queries; a message shows the beginning."""
    assert len(str(translate(RuntimeError("Code: 1. " + "x" * 10_000), SETTINGS))) == 500


def test_a_wrong_parameter_is_a_reason_of_its_own() -> None:
    """A bad cursor is counted as what it is."""
    assert refusal_reason(BadQuery("cursor", "is none")) == "bad_query"
