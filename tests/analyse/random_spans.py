"""Random spans with everything that goes wrong in the field, and how they are sent."""

import random
from collections.abc import Sequence
from dataclasses import replace

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.analyse.slow_graph import CLIENT, CONSUMER, MINUTE_NS, PRODUCER, SlowSpan

SERVICES = ("cart", "checkout", "mailer", "shop")
FIRST_MINUTE = 29_000_000
MINUTES = 12
_THRESHOLDS = {1.0: "0", 0.5: "8", 0.25: "c", 0.125: "e"}
"""How many traces are rejected, in parts of 16, by the probability to be kept."""
_PEERS: tuple[tuple[tuple[str, str] | None, dict[str, str]], ...] = (
    (None, {}),
    (None, {"db.name": "no system", "http.route": "/"}),
    (
        ("database", "postgresql orders"),
        {"db.system.name": "postgresql", "db.namespace": "orders", "server.address": "a"},
    ),
    (("database", "redis"), {"db.system": "redis", "net.peer.name": "cache-1"}),
    (("queue", "kafka orders"), {"messaging.system": "kafka", "messaging.destination.name": "orders"}),
    (("external", "api.example.com"), {"server.address": "api.example.com", "url.full": "https://else.example/x"}),
    (("external", "payments"), {"peer.service": "payments", "server.address": "10.0.0.1"}),
)
_URL_PEERS = (
    *_PEERS,
    (("external", "pay.example.com"), {"url.full": "https://user@pay.example.com:8443/v1/charge?id=7"}),
    (("external", "old.example.com"), {"http.url": "http://old.example.com/" + "x" * 300}),
)


def random_spans(seed: int, traces: int) -> list[SlowSpan]:
    """Spans of some traces; times are within MINUTES of FIRST_MINUTE, and a trace may last all of them."""
    source = random.Random(seed)
    spans: list[SlowSpan] = []
    for _ in range(traces):
        spans += _trace(source, spans)
    copies = [replace(span, number=span.number + 1_000_000) for span in source.sample(spans, len(spans) // 20)]
    return spans + copies


def _trace(source: random.Random, earlier: Sequence[SlowSpan]) -> list[SlowSpan]:
    trace_id = source.randbytes(16)
    start = FIRST_MINUTE * MINUTE_NS + source.randrange(MINUTES * MINUTE_NS)
    probability = source.choice((0.0, 0.0, 1.0, 0.5, 0.125))
    spread = source.choice((10**8, 10**8, 10**8, 2 * MINUTE_NS, MINUTES * MINUTE_NS))
    spans: list[SlowSpan] = []
    for _ in range(source.randint(1, 12)):
        spans.append(_span(source, trace_id, start + source.randrange(spread), spans, earlier))
    return [_sampled(source, span, probability) for span in spans]


def _sampled(source: random.Random, span: SlowSpan, probability: float) -> SlowSpan:
    """Most clients tell on every span, some of Jaeger's on roots alone, and one may have had a sampler of its own."""
    told = source.choice((probability, probability, 0.25 if probability else 0.0))
    return replace(span, probability=told if span.parent == b"" or source.random() < 0.6 else 0.0)


def _span(
    source: random.Random, trace_id: bytes, start: int, spans: Sequence[SlowSpan], earlier: Sequence[SlowSpan]
) -> SlowSpan:
    kind = source.choice((0, 1, 1, 2, 2, CLIENT, CLIENT, CLIENT, PRODUCER, CONSUMER, CONSUMER, 9))
    span_id = source.choice(spans).span_id if spans and source.random() < 0.08 else source.randbytes(8)
    peers = _URL_PEERS if kind == CLIENT else _PEERS
    return SlowSpan(
        trace_id=trace_id,
        span_id=span_id,
        service=source.choice(SERVICES),
        start=start,
        duration=source.choice((0, -5, source.randrange(1, 10**10))),
        kind=kind,
        parent=_parent(source, span_id, spans),
        is_error=source.random() < 0.2,
        peer=source.choice(peers)[0] if kind in (CLIENT, PRODUCER, CONSUMER) else None,
        links=_links(source, trace_id, spans, earlier) if source.random() < 0.3 else (),
        number=len(earlier) + len(spans),
    )


def _parent(source: random.Random, span_id: bytes, spans: Sequence[SlowSpan]) -> bytes:
    dice = source.random()
    if not spans or dice < 0.1:
        return b""
    if dice < 0.15:
        return source.randbytes(8)  # it never comes
    return span_id if dice < 0.2 else source.choice(spans).span_id


def _links(
    source: random.Random, trace_id: bytes, spans: Sequence[SlowSpan], earlier: Sequence[SlowSpan]
) -> tuple[tuple[bytes, bytes], ...]:
    known = [(span.trace_id, span.span_id) for span in source.sample(earlier, min(3, len(earlier)))]
    own = [(trace_id, source.choice(spans).span_id)] if spans else []
    odd = [(source.randbytes(16), source.randbytes(8)), (b"short", b"id")]
    links = known + own + odd
    return tuple(source.sample(links, source.randint(1, min(3, len(links)))))


def request_of(spans: Sequence[SlowSpan]) -> bytes:
    """The spans as one request, each in a resource of its own service."""
    request = ExportTraceServiceRequest()
    for span in spans:
        group = request.resource_spans.add()
        group.resource.attributes.add(key="service.name").value.string_value = span.service
        group.scope_spans.add().spans.append(_otlp(span))
    return request.SerializeToString()


def attributes_of(span: SlowSpan) -> dict[str, str]:
    """The attributes that name the span's peer and, as Jaeger's clients do, how a root was sampled."""
    attributes = next(attributes for peer, attributes in _URL_PEERS if peer == span.peer)
    if not _tells_by_attributes(span):
        return attributes
    return attributes | {"sampler.type": "probabilistic", "sampler.param": str(span.probability)}


def _tells_by_attributes(span: SlowSpan) -> bool:
    return span.probability > 0 and span.parent == b"" and span.number % 2 == 1


def _otlp(span: SlowSpan) -> Span:
    otlp = Span(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_span_id=span.parent,
        name=f"operation of {span.service}",
        kind=span.kind,  # type: ignore[arg-type] # the protocol allows kinds that it doesn't name yet
        start_time_unix_nano=span.start,
        end_time_unix_nano=span.start + span.duration,
    )
    if span.is_error:
        otlp.status.code = Status.STATUS_CODE_ERROR
    if span.probability and not _tells_by_attributes(span):
        otlp.trace_state = f"other=1,ot=rv:1;th:{_THRESHOLDS[span.probability]}"
    for key, value in attributes_of(span).items():
        otlp.attributes.add(key=key).value.string_value = value
    for trace_id, span_id in span.links:
        otlp.links.add(trace_id=trace_id, span_id=span_id)
    return otlp
