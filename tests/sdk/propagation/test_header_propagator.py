import logging
from collections.abc import Mapping
from typing import Any

import pytest
from opentelemetry.context import Context, attach, detach
from opentelemetry.propagators.textmap import Getter, Setter

from clew.sdk.propagation.header_propagator import first
from clew.sdk.propagation.trace_context import TraceContextPropagator
from tests.sdk.propagation.contexts import SPAN_ID, TRACE_ID, context_of, headers_of, ids_in


class _Broken(Getter[Any], Setter[Any]):
    """Of the application, and wrong."""

    def get(self, carrier: Any, key: str) -> list[str] | None:
        raise KeyError(key)

    def keys(self, carrier: Any) -> list[str]:
        raise KeyError(carrier)

    def set(self, carrier: Any, key: str, value: str) -> None:
        raise TypeError(key)


def test_a_broken_carrier_changes_nothing_and_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    """The application's own code fails without the application hearing of it; its log says so at the first time."""
    propagator, context = TraceContextPropagator(), context_of()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert propagator.extract({}, context, _Broken()) is context
            propagator.inject({}, context, _Broken())
    assert [record.getMessage().split(" did")[0] for record in caplog.records] == ["TraceContextPropagator.extract"]
    assert "KeyError('traceparent')" in caplog.text


def test_extraction_begins_at_the_root_and_injection_with_the_current_context() -> None:
    """A request without headers has nothing to do with the span that happens to be current."""
    token = attach(context_of())
    try:
        headers: dict[str, str] = {}
        TraceContextPropagator().inject(headers)
        assert ids_in(TraceContextPropagator().extract(headers)) == (TRACE_ID, SPAN_ID)
        assert TraceContextPropagator().extract({}) == Context()
    finally:
        detach(token)


def test_nothing_is_written_without_a_valid_span() -> None:
    """Neither for no span at all nor for one with half of its ids."""
    for context in (Context(), context_of(trace_id=0), context_of(span_id=0)):
        assert headers_of(TraceContextPropagator(), context) == {}


class _Listed(Getter[Mapping[str, list[Any] | None]]):
    def get(self, carrier: Mapping[str, list[Any] | None], key: str) -> list[Any] | None:
        return carrier.get(key)

    def keys(self, carrier: Mapping[str, list[Any] | None]) -> list[str]:
        return list(carrier)


@pytest.mark.parametrize(
    ("values", "value"), [(None, ""), ([], ""), (["a", "b"], "a"), ([b"a"], ""), ([None], ""), ([1], "")]
)
def test_the_first_value_counts_when_it_is_text(values: list[Any] | None, value: str) -> None:
    """What a getter gives besides texts is no header."""
    assert first({"x": values}, _Listed(), "x") == value
