import math
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans as encode_as_reference
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ProtoSpan
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from clew.sdk.encoding import encode_request, encode_spans, encode_spans_in_python
from clew.sdk.resource import Resource
from clew.sdk.span import Span
from tests.sdk.kept_spans import keeping_provider

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_INTEGERS = st.integers(-(1 << 63), (1 << 63) - 1)
_PLAIN = st.one_of(_TEXTS, st.booleans(), _INTEGERS, st.floats(allow_nan=False), st.binary(max_size=20))
_VALUES = st.recursive(
    _PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS.filter(bool), inner, max_size=3),
    max_leaves=6,
)
_ATTRIBUTES = st.dictionaries(_TEXTS.filter(bool), _VALUES, max_size=4)
_STATES = st.sampled_from([None, TraceState([("ot", "th:8"), ("vendor", "a b")])])
_CONTEXTS = st.builds(
    SpanContext,
    st.integers(1, (1 << 128) - 1),
    st.integers(1, (1 << 64) - 1),
    st.booleans(),
    st.sampled_from([TraceFlags(0), TraceFlags(1), TraceFlags(3)]),
    _STATES,
)
_TIMES = st.integers(0, (1 << 63) - 1)


def _finished(
    context: SpanContext | None, resource: dict[str, Any], scope: dict[str, Any], make: dict[str, Any], **more: Any
) -> Span:
    provider, kept = keeping_provider(resource=Resource(resource, "https://resource"))
    tracer = provider.get_tracer("library", "1.0", "https://scope", scope)
    parent = None if context is None else trace.set_span_in_context(trace.NonRecordingSpan(context))
    span = tracer.start_span("name", parent, **make)
    for name, attributes, at in more.get("events", ()):
        span.add_event(name, attributes, at)
    if status := more.get("status"):
        span.set_status(*status)
    span.end(more.get("end", 5))
    if not kept.spans:  # the parent was not kept, so that this isn't either
        pytest.skip("nothing was recorded")
    return kept.spans[0]


def _comparable(request: ExportTraceServiceRequest) -> ExportTraceServiceRequest:
    """The reference leaves out the low byte of the flags, and links' trace states, and writes empty statuses."""
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                span.flags &= ~0xFF
                if not span.status.ByteSize():
                    span.ClearField("status")
                for link in span.links:
                    link.flags &= ~0xFF
                    link.ClearField("trace_state")
    return request


@given(
    context=st.none() | _CONTEXTS.filter(lambda context: context.trace_flags.sampled),
    resource=_ATTRIBUTES,
    scope=_ATTRIBUTES,
    make=st.fixed_dictionaries(
        {
            "kind": st.sampled_from(SpanKind),
            "attributes": _ATTRIBUTES,
            "links": st.lists(st.builds(Link, _CONTEXTS, _ATTRIBUTES), max_size=2),
            "start_time": _TIMES,
        }
    ),
    events=st.lists(st.tuples(_TEXTS, _ATTRIBUTES, _TIMES), max_size=2),
    status=st.sampled_from([None, (StatusCode.OK,), (StatusCode.ERROR, "broken"), (Status(StatusCode.ERROR),)]),
    end=_TIMES,
)
def test_the_bytes_are_those_of_the_reference(
    context: SpanContext | None, resource: dict[str, Any], scope: dict[str, Any], make: dict[str, Any], **more: Any
) -> None:
    """Whatever a span holds, the message is the one that OpenTelemetry's own encoder makes of the same span."""
    span = _finished(context, resource, scope, make, **more)
    ours = ExportTraceServiceRequest.FromString(encode_request([span]))
    theirs = encode_as_reference([cast("ReadableSpan", span)])
    assert _comparable(ours) == _comparable(theirs)
    assert ScopeSpans.FromString(encode_spans([span])) == ScopeSpans.FromString(encode_spans_in_python([span]))


def _encoded(**attributes: Any) -> ProtoSpan:
    return _parsed(_finished(None, {}, {}, {"attributes": attributes}))


def _parsed(span: Span) -> ProtoSpan:
    [compiled] = ScopeSpans.FromString(encode_spans([span])).spans
    [interpreted] = ScopeSpans.FromString(encode_spans_in_python([span])).spans
    assert repr(compiled) == repr(interpreted)  # what is no number equals nothing, not even itself
    return compiled


def test_numbers_keep_their_kind_and_their_extremes() -> None:
    """A float that is whole stays a float, true no 1; what 64 bits can't hold is kept as its digits."""
    values = {
        pair.key: pair.value
        for pair in _encoded(
            a=2.0, b=True, c=-1, d=1 << 70, e=math.nan, f=-math.inf, g=None, h=-(1 << 63), i=""
        ).attributes
    }
    assert values["a"].WhichOneof("value") == "double_value"
    assert values["b"].bool_value is True
    assert values["c"].int_value == -1
    assert values["d"].string_value == str(1 << 70)
    assert math.isnan(values["e"].double_value)
    assert values["f"].double_value == -math.inf
    assert values["g"].WhichOneof("value") is None
    assert values["h"].int_value == -(1 << 63)
    assert values["i"].WhichOneof("value") == "string_value"


def test_half_of_a_surrogate_pair_harms_nobody() -> None:
    """A text that is no Unicode is sent as far as it is one."""
    assert _encoded(a="x\ud800y").attributes[0].value.string_value == "x?y"


def test_flags_say_what_was_random_sampled_and_remote() -> None:
    """The low byte is W3C's, bit 8 says that bit 9 is known, bit 9 that the parent is in another process."""
    remote = SpanContext(1, 2, True, TraceFlags(3))
    local = SpanContext(1, 2, False, TraceFlags(1))
    assert _parsed(_finished(remote, {}, {}, {})).flags == 0x303
    assert _parsed(_finished(local, {}, {}, {})).flags == 0x101
    assert _parsed(_finished(None, {}, {}, {})).flags == 0x103


def test_a_link_carries_what_its_context_does() -> None:
    """Its trace state and the W3C flags, which tell how probable its trace was."""
    linked = SpanContext(1, 2, True, TraceFlags(3), TraceState([("ot", "th:8")]))
    [link] = _parsed(_finished(None, {}, {}, {"links": [Link(linked)]})).links
    assert (link.trace_state, link.flags) == ("ot=th:8", 0x303)


def test_spans_are_grouped_by_where_they_come_from() -> None:
    """Two scopes of one resource are written once each, their spans in the order of their ends."""
    provider, kept = keeping_provider(resource=Resource({"service.name": "shop"}))
    for scope, name in [("a", "1"), ("b", "2"), ("a", "3")]:
        provider.get_tracer(scope).start_span(name).end()
    request = ExportTraceServiceRequest.FromString(encode_request(kept.spans))
    [resource] = request.resource_spans
    assert [(group.scope.name, [span.name for span in group.spans]) for group in resource.scope_spans] == [
        ("a", ["1", "3"]),
        ("b", ["2"]),
    ]
    assert encode_request([]) == b""


def test_long_and_many_things_have_their_lengths_right() -> None:
    """Where a length takes one byte, two, three and more, in both encoders."""
    for size in (0, 1, 100, 127, 128, 129, 16_383, 16_384, 70_000, 3_000_000):
        span = _finished(None, {}, {}, {"attributes": {"k": "x" * size, "list": ["y" * size]}})
        assert len(_parsed(span).attributes[0].value.string_value) == size
    many = _finished(None, {}, {}, {"links": [Link(SpanContext(1, 2, True))] * 100}, events=[("e", {"a": 1}, 1)] * 128)
    assert (len(_parsed(many).events), len(_parsed(many).links)) == (128, 100)
