import logging
import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.baggage import get_all
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import TextMapPropagator

from clew.errors import ConfigurationError
from clew.sdk.propagation.by_name import GROUP, PROPAGATORS, Propagators, propagator_from_environment, propagators_named
from tests.house.project_files import ROOT
from tests.sdk.propagation.contexts import SPAN_ID, TRACE_ID, context_of, headers_of, ids_in, span_in

_ALL = {name: propagators_named([name]) for name in PROPAGATORS}
_ID = st.integers(0, 2**64 - 1).map("{:016x}".format) | st.integers(0, 2**128 - 1).map("{:032x}".format)
_VALUES = (
    st.text(max_size=20)
    | st.text("0123456789abcdefd-:;=%,.Root ", max_size=60)
    | _ID
    | st.builds("{}-{}-{}".format, _ID, _ID, st.sampled_from("01dx"))
    | st.builds("{}:{}:0:{}".format, _ID, _ID, st.sampled_from("013x"))
    | st.builds("00-{}-{}-0{}".format, _ID, _ID, st.sampled_from("0123x"))
)
_NAMES = sorted(
    {
        "tracestate",
        "ot-baggage-a",
        "uberctx-a",
        "jaeger-baggage",
        *(field for propagator in _ALL.values() for field in propagator.fields),
    }
)


@given(st.dictionaries(st.sampled_from(_NAMES), _VALUES), st.sampled_from(sorted(_ALL)))
def test_whatever_comes_is_a_valid_parent_or_none(headers: Mapping[str, str], name: str) -> None:
    """Nothing raises; a parent that isn't taken leaves the one before, and one that is goes on as what it was."""
    before = context_of()
    after = _ALL[name].extract(headers, before)
    if span_in(after) is span_in(before):
        return
    assert span_in(after).is_valid
    assert span_in(after).is_remote
    again = _ALL[name].extract(headers_of(_ALL[name], after))
    kept = (span_in(after).trace_id % 2**64 if name == "ottrace" else span_in(after).trace_id, span_in(after).span_id)
    assert ids_in(again) == (kept if kept[0] else (0, 0))
    assert span_in(again).trace_flags.sampled == span_in(after).trace_flags.sampled or not kept[0]


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=9) | st.integers() | st.binary(max_size=3), max_size=3))
def test_whatever_is_baggage_can_be_written(baggage: Mapping[str, object]) -> None:
    """In texts of ASCII that a header can hold, by all propagators."""
    headers = headers_of(propagators_named(PROPAGATORS), context_of(baggage=baggage))
    assert all((name + value).isascii() and (name + value).isprintable() for name, value in headers.items())
    assert ids_in(_ALL["tracecontext"].extract(headers)) == (TRACE_ID, SPAN_ID)


def test_several_are_used_in_their_order() -> None:
    """Each writes its headers; of those that are read the last one wins."""
    propagator = propagators_named([" B3 ", "tracecontext", "b3", ""])
    headers = headers_of(propagator, context_of())
    assert sorted(headers) == ["b3", "traceparent"]
    headers["traceparent"] = headers["traceparent"].replace(f"{SPAN_ID:016x}", "0" * 15 + "1")
    assert ids_in(propagator.extract(headers)) == (TRACE_ID, 1)
    assert propagator.fields == {"b3", "traceparent", "tracestate"}


@pytest.mark.parametrize("names", [["none"], ["b3", "none"], []])
def test_none_does_nothing(names: list[str]) -> None:
    """The context is one all the same, so that it can be attached."""
    propagator = propagators_named(names)
    assert headers_of(propagator, context_of()) == {}
    assert propagator.extract({"b3": "0"}) == Context()
    assert propagator.fields == set()


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        (None, {"traceparent", "tracestate", "baggage"}),
        ("", {"traceparent", "tracestate", "baggage"}),
        ("b3, xray", {"b3", "X-Amzn-Trace-Id"}),
    ],
)
def test_the_variable_chooses(monkeypatch: pytest.MonkeyPatch, value: str | None, fields: set[str]) -> None:
    """Without it, or when it is empty, W3C's are used."""
    monkeypatch.delenv("OTEL_PROPAGATORS", raising=False)
    if value is not None:
        monkeypatch.setenv("OTEL_PROPAGATORS", value)
    assert propagator_from_environment().fields == fields


def test_an_unknown_name_is_refused_with_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable, the name, and what to write instead."""
    monkeypatch.setenv("OTEL_PROPAGATORS", "b3,zipkin")
    with pytest.raises(ConfigurationError) as caught:
        propagator_from_environment()
    assert str(caught.value) == (
        "OTEL_PROPAGATORS: there is no propagator 'zipkin'; "
        "choose from b3, b3multi, baggage, jaeger, none, ottrace, sw8, tracecontext, xray"
    )


_FOREIGN = """
from clew.sdk.propagation.b3 import B3SinglePropagator

class Moody(B3SinglePropagator):
    def extract(self, *arguments): raise ValueError("moody")
    inject = extract

class Unfinished(B3SinglePropagator):
    def __init__(self): raise RuntimeError("no such thing")
"""


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with propagators that is installed for the time of a test."""
    (tmp_path / "moody_propagators.py").write_text(_FOREIGN)
    information = tmp_path / "moody-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: moody\nVersion: 1\n")
    (information / "entry_points.txt").write_text(
        f"[{GROUP}]\nmoody = moody_propagators:Moody\nunfinished = moody_propagators:Unfinished\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


def test_one_of_another_package_may_raise(foreign: None, caplog: pytest.LogCaptureFixture) -> None:
    """Those beside it do their work, and the application hears nothing; its log does."""
    propagator = propagators_named(["moody", "tracecontext"])
    with caplog.at_level(logging.WARNING):
        assert ids_in(propagator.extract(headers_of(propagator, context_of()))) == (TRACE_ID, SPAN_ID)
    assert "ForeignPropagator.inject" in caplog.text
    assert propagator.fields == {"b3", "traceparent", "tracestate"}


def test_one_that_can_not_be_loaded_is_named(foreign: None) -> None:
    """With what went wrong."""
    with pytest.raises(ConfigurationError, match=r"'unfinished' can't be loaded.*no such thing"):
        propagators_named(["unfinished"])


def test_the_api_finds_them_by_the_same_names() -> None:
    """The API reads the variable itself when it is imported, and raises for a name that no package declares."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"][GROUP]
    ours = {name: f"clew.sdk.propagation.{place}" for name, place in PROPAGATORS.items()}
    assert declared.items() <= ours.items()
    assert ours.keys() - declared.keys() == {"tracecontext", "baggage"}  # those are the API's there
    for place in declared.values():
        module, _, kind = place.partition(":")
        assert isinstance(getattr(import_module(module), kind)(), TextMapPropagator)


def test_a_given_context_goes_through() -> None:
    """What it has stays where no header says otherwise."""
    context = context_of(baggage={"a": "1"})
    assert Propagators([]).extract({}, context) is context
    assert get_all(propagators_named(["baggage"]).extract({"baggage": "b=2"}, context)) == {"a": "1", "b": "2"}
