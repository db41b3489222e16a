import base64
from collections.abc import Mapping

import pytest
from opentelemetry import trace
from opentelemetry.baggage import get_all
from opentelemetry.context import Context

from clew.sdk.propagation.skywalking import SkyWalkingPropagator
from clew.sdk.resource import Resource
from clew.wire.skywalking_ids import span_id_of, trace_id_of
from tests.sdk.kept_spans import keeping_provider
from tests.sdk.propagation.contexts import (
    SPAN_HEX,
    SPAN_ID,
    TRACE_HEX,
    TRACE_ID,
    child_of,
    context_of,
    headers_of,
    ids_in,
    span_in,
)

_OURS = SkyWalkingPropagator()
_JAVA = "56a5e1c519ae4c76a2b8b11d92cead7f.12.16563474296430001"
_SEGMENT = "56a5e1c519ae4c76a2b8b11d92cead7f.12.16563474296430000"


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _header(sample: str = "1", trace_text: str = _JAVA, segment: str = _SEGMENT, number: str = "3") -> str:
    names = "-".join(map(_encode, ("shop", "shop@1", "/order", "10.0.0.1:80")))
    return f"{sample}-{_encode(trace_text)}-{_encode(segment)}-{number}-{names}"


def _fields(headers: Mapping[str, str]) -> list[str]:
    sample, trace_text, segment, number, *names = headers["sw8"].split("-")
    texts = [base64.b64decode(field, validate=True).decode() for field in (trace_text, segment, *names)]
    return [sample, texts[0], texts[1], number, *texts[2:]]


@pytest.mark.parametrize(("sample", "sampled"), [("1", True), ("0", False)])
def test_ids_are_those_that_clew_stores(sample: str, sampled: bool) -> None:
    """What an agent's segment becomes at the server is the parent here."""
    context = _OURS.extract({"sw8": _header(sample)})
    read = span_in(context)
    assert read.trace_id.to_bytes(16) == trace_id_of(_JAVA)
    assert read.span_id.to_bytes(8) == span_id_of(_SEGMENT, 3)
    assert (read.trace_flags.sampled, read.is_remote) == (sampled, True)


def test_a_span_of_this_process_is_found_by_agents() -> None:
    """The ids that the server makes of the header, when an agent sends it back as a reference, are the span's own."""
    headers = headers_of(_OURS, context_of())
    sample, trace_text, segment, number, *names = _fields(headers)
    assert (sample, trace_text, segment, number) == ("1", TRACE_HEX, SPAN_HEX, "0")
    assert names == ["unknown"] * 4
    assert trace_id_of(trace_text).hex() == TRACE_HEX
    assert span_id_of(segment, int(number)).hex() == SPAN_HEX
    assert ids_in(_OURS.extract(headers)) == (TRACE_ID, SPAN_ID)
    assert _fields(headers_of(_OURS, context_of(flags=2)))[0] == "0"


def test_a_parent_is_passed_on_word_by_word() -> None:
    """Without a span of this process there is nothing to add."""
    assert headers_of(_OURS, _OURS.extract({"sw8": _header()})) == {"sw8": _header()}


def test_the_text_of_the_trace_goes_on() -> None:
    """Agents further on name the trace as those before; other traces are named by their digits."""
    context = _OURS.extract({"sw8": _header()})
    assert _fields(headers_of(_OURS, child_of(context)))[1:3] == [_JAVA, "0000000000000007"]
    other = trace.set_span_in_context(trace.get_current_span(context_of()), context)
    assert _fields(headers_of(_OURS, other))[1] == TRACE_HEX


def test_names_are_those_of_the_recording_span() -> None:
    """Service, instance, endpoint and peer, each cut to 50 characters."""
    provider, _ = keeping_provider(resource=Resource({"service.name": "s" * 60, "service.instance.id": "i"}))
    span = provider.get_tracer("t").start_span("GET /é", attributes={"server.address": "db", "server.port": 5432})
    names = _fields(headers_of(_OURS, trace.set_span_in_context(span, Context())))[4:]
    assert names == ["s" * 50, "i", "GET /é", "db:5432"]
    span = provider.get_tracer("t").start_span("", attributes={"server.address": "db"})
    assert _fields(headers_of(_OURS, trace.set_span_in_context(span, Context())))[6:] == ["unknown", "db"]


@pytest.mark.parametrize(
    "header",
    [
        "",
        _header().rpartition("-")[0],
        _header() + "-",
        _header("2"),
        _header(""),
        _header(trace_text=""),
        _header(segment=""),
        _header(trace_text="x" * 257),
        _header(segment="x" * 257),
        _header(number=""),
        _header(number="+1"),
        _header(number="x"),
        _header(number="9" * 10),
        _header().replace(_encode(_JAVA), "*"),
        _header().replace(_encode(_JAVA), "/w=="),
        _header().replace(_encode("/order"), "a"),
        _header().replace(_encode("/order"), _encode("x" * 8192)),
        _header() + "é",
    ],
)
def test_a_bad_header_is_none(header: str) -> None:
    """All of it, or nothing; names that nobody needs here count, too, for they may be passed on."""
    context = Context()
    assert _OURS.extract({"sw8": header}, context) is context


def test_correlations_are_baggage() -> None:
    """Three short ones go out, which is what agents take; what is no pair of encoded texts doesn't come in."""
    entries = {"a": "x y", "long": "x" * 128, "ü": 7, "half": "\udcff", "c": "", "d": "4"}
    headers = headers_of(_OURS, context_of(baggage=entries))
    assert (
        headers["sw8-correlation"] == f"{_encode('a')}:{_encode('x y')},{_encode('ü')}:{_encode('7')},{_encode('c')}:"
    )
    assert get_all(_OURS.extract(headers)) == {"a": "x y", "ü": "7", "c": ""}
    assert set(headers) == _OURS.fields
    bad = f"{_encode('a')}:*,x,:{_encode('b')},/w==:, {_encode('k')}:{_encode('v')}"
    assert get_all(_OURS.extract({"sw8": "bad", "sw8-correlation": bad})) == {"k": "v"}
