import pickle

import pytest
from opentelemetry.trace import INVALID_SPAN, StatusCode

from clew.sdk.block import span
from clew.sdk.failures import keep_failure
from tests.sdk.kept_spans import Kept, keeping_provider


class _Mute(Exception):
    def __str__(self) -> str:
        raise TypeError


def test_the_first_span_that_an_error_leaves_has_its_stack_trace(kept: Kept) -> None:
    """And all have the status."""
    with pytest.raises(KeyError), span("outer"), span("middle"), span("inner"):
        raise KeyError("x")
    assert [len(each.events) for each in kept.spans] == [1, 0, 0]
    assert {each.status.description for each in kept.spans} == {"KeyError: 'x'"}


def test_an_error_that_another_trace_sees_again_is_recorded_there(kept: Kept) -> None:
    """Of a cached error, for example, everybody who meets it has the stack trace."""
    error = KeyError("x")
    for _ in range(2):
        with pytest.raises(KeyError), span("root"):
            raise error
    assert [len(each.events) for each in kept.spans] == [1, 1]
    assert isinstance(pickle.loads(pickle.dumps(error)), KeyError)  # noqa: S301  # bytes of our own


def test_what_only_ends_something_is_no_error(kept: Kept) -> None:
    """An exit, for example."""
    with pytest.raises(SystemExit), span("leaving"):
        raise SystemExit
    assert kept.spans[0].status.status_code is StatusCode.UNSET


def test_an_error_without_a_text_is_kept_and_goes_on(kept: Kept) -> None:
    """Its own failure isn't the application's."""
    with pytest.raises(_Mute), span("mute"):
        raise _Mute
    assert kept.spans[0].status.status_code is StatusCode.ERROR


def test_a_foreign_span_is_told_by_the_api() -> None:
    """One that keeps nothing is left alone; one of the OpenTelemetry SDK has the event and the status."""
    from opentelemetry.sdk.trace import TracerProvider as TheirProvider

    keep_failure(INVALID_SPAN, KeyError("x"))
    theirs = TheirProvider(shutdown_on_exit=False).get_tracer("test").start_span("theirs")
    error = KeyError("x")
    keep_failure(theirs, error)
    keep_failure(theirs, _Mute())
    assert theirs.events[0].name == "exception"  # type: ignore[attr-defined]  # it is readable
    assert theirs.status.description == "KeyError: 'x'"  # type: ignore[attr-defined]  # as above


def test_without_an_error_nothing_is_kept() -> None:
    """The span stays as it is."""
    provider, kept = keeping_provider()
    fine = provider.get_tracer("test").start_span("fine")
    keep_failure(fine, None)
    fine.end()
    assert (kept.spans[0].events, kept.spans[0].status.status_code) == ((), StatusCode.UNSET)
