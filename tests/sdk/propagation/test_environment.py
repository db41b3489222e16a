import json
import subprocess
import sys

import pytest
from opentelemetry.baggage import get_all
from opentelemetry.context import Context

from clew.sdk.propagation.by_name import PROPAGATORS, propagators_named
from clew.sdk.propagation.environment import (
    ENVIRONMENT_GETTER,
    ENVIRONMENT_SETTER,
    child_environment,
    context_from_environment,
    variable_name,
)
from clew.sdk.propagation.trace_state import read_trace_state
from tests.sdk.propagation.contexts import SPAN_ID, TRACE_ID, context_of, ids_in, span_in

_W3C = propagators_named(["tracecontext", "baggage"])
_CHILD = """
import json
from opentelemetry.baggage import get_all
from opentelemetry.trace import get_current_span
from clew.sdk.propagation.by_name import propagator_from_environment
from clew.sdk.propagation.environment import context_from_environment
context = context_from_environment(propagator_from_environment())
span = get_current_span(context).get_span_context()
print(json.dumps([span.trace_id, span.span_id, span.trace_state.to_header(), dict(get_all(context))]))
"""


@pytest.mark.parametrize(
    ("header", "variable"),
    [
        ("traceparent", "TRACEPARENT"),
        ("x-b3-traceid", "X_B3_TRACEID"),
        ("X-Amzn-Trace-Id", "X_AMZN_TRACE_ID"),
        ("1é.a", "_1__A"),
        ("", "_"),
    ],
)
def test_names_are_those_of_the_specification(header: str, variable: str) -> None:
    """Upper case, underscores, and never a digit at the beginning."""
    environ: dict[str, str] = {}
    ENVIRONMENT_SETTER.set(environ, header, "x")
    assert environ == {variable: "x"}
    assert variable_name(header) == variable_name(variable) == variable
    assert ENVIRONMENT_GETTER.get(environ, header) == ["x"]
    assert ENVIRONMENT_GETTER.get({header: "x"}, header) is None


def test_only_names_that_can_be_written_are_there() -> None:
    """Others are somebody else's."""
    assert ENVIRONMENT_GETTER.keys({"A_1": "", "_": "", "a": "", "1A": "", "A-B": "", "": "", "\u00c9": ""}) == [
        "A_1",
        "_",
    ]


@pytest.mark.parametrize("name", sorted(PROPAGATORS.keys() - {"baggage", "ottrace"}))
def test_every_format_goes_both_ways(name: str) -> None:
    """With baggage besides."""
    propagator = propagators_named([name, "baggage"])
    environ = child_environment(propagator, context_of(baggage={"user": "ü x"}), {"PATH": "/bin"})
    assert environ["PATH"] == "/bin"
    context = context_from_environment(propagator, environ=environ)
    assert ids_in(context) == (TRACE_ID, SPAN_ID)
    assert get_all(context)["user"] == "ü x"


def test_what_the_process_was_started_with_is_not_passed_on() -> None:
    """The outer trace's state and baggage would belong to the wrong one; the given environment stays as it is."""
    outer = {"TRACEPARENT": "x", "TRACESTATE": "a=1", "BAGGAGE": "b=2", "HOME": "/"}
    assert child_environment(_W3C, Context(), outer) == {"HOME": "/"}
    assert len(outer) == 4


def test_a_child_process_goes_on_with_the_trace() -> None:
    """It reads at its start what the parent wrote."""
    context = context_of(state=read_trace_state(["a=1"]), baggage={"user": "ü x"})
    environ = child_environment(_W3C, context)
    environ.pop("OTEL_PROPAGATORS", None)
    done = subprocess.run([sys.executable, "-c", _CHILD], env=environ, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [TRACE_ID, SPAN_ID, "a=1", {"user": "ü x"}]


def test_bad_variables_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that are no text don't keep a program from starting."""
    monkeypatch.setenv("TRACEPARENT", "00-\udcff")
    monkeypatch.setenv("BAGGAGE", "a=\udcff")
    context = context_from_environment(_W3C)
    assert not span_in(context).is_valid
    assert get_all(context) == {}
