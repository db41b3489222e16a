"""Spans for `make bench-query`: many, fast, each with values of its own, and the facts to check answers by.

A request is built once per template; all that varies (ids, times, users, paths, status codes) has a fixed width in it,
so that 250 requests at a time are made by writing columns of bytes into copies: over a million spans a second.
"""

import random
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from bench.spans import SERVICES, SPANS_PER_TRACE

TRACES_PER_REQUEST = 13
REQUESTS_PER_SEGMENT = 250
SPANS_PER_SEGMENT = SPANS_PER_TRACE * TRACES_PER_REQUEST * REQUESTS_PER_SEGMENT
OPERATIONS_PER_SERVICE = 8
USERS, PATHS, ORDERS = 1_000_000, 5_000, 10**10
_SPANS = SPANS_PER_TRACE * TRACES_PER_REQUEST
_STATUS_CODES = np.array([200, 201, 304, 404], np.uint16)
_START_MARK = 0x5A5A_5A5A << 32
_STATUS_MARK = re.compile(rb"http\.response\.status_code\x12\x03\x18(..)", re.DOTALL)

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True, slots=True)
class SpanFacts:
    """What was generated; element i of each array belongs to one span, but `trace_*` and `order_id` to one trace.

    `trace` is the place of the span's trace in the arrays of traces; `operation` counts over all services.
    """

    trace: Array
    operation: Array
    path: Array
    status_code: Array
    duration_ns: Array
    trace_id: Array
    trace_start_ns: Array
    trace_duration_ns: Array
    user: Array
    order_id: Array


@dataclass(frozen=True, slots=True)
class _Template:
    body: bytes
    trace: Array
    operation: Array
    is_error: Array
    offset_ns: Array
    trace_suffix: Array
    trace_id_at: Array
    start_at: Array
    path_at: Array
    user_at: Array
    order_at: Array
    status_at: Array


def operation_name(operation: int) -> str:
    """The span name of an operation number."""
    return f"/{SERVICES[operation // OPERATIONS_PER_SERVICE]}/operation-{operation % OPERATIONS_PER_SERVICE}"


def make_segments(starts_ns: list[int], width_ns: int, seed: int = 1) -> Iterator[tuple[list[bytes], SpanFacts]]:
    """For each start the requests of a segment whose traces begin within `width_ns` from it, and their facts."""
    templates = [_build_template(random.Random(f"{seed}/{number}")) for number in range(32)]
    for number, start_ns in enumerate(starts_ns):
        rng = np.random.default_rng([seed, number])
        yield _fill(templates[number % len(templates)], rng, start_ns, width_ns)


def join_facts(parts: list[SpanFacts]) -> SpanFacts:
    """The facts of several segments as one."""
    traces_before = np.cumsum([0, *(len(part.trace_id) for part in parts)])
    joined = {f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(SpanFacts)}
    joined["trace"] = np.concatenate(
        [part.trace + before for part, before in zip(parts, traces_before[:-1], strict=True)]
    ).astype(np.uint32)
    return SpanFacts(**joined)


def _build_template(source: random.Random) -> _Template:
    request = ExportTraceServiceRequest()
    traces = [source.randbytes(16) for _ in range(TRACES_PER_REQUEST)]
    for name in SERVICES:
        _add_service(request, name)
    operations: list[tuple[int, int, bool, int]] = []  # by position in the body: trace, operation, error, offset
    roots = [source.randrange(len(SERVICES)) for _ in traces]
    homes = [
        [roots[t], *(source.randrange(len(SERVICES)) for _ in range(SPANS_PER_TRACE - 1))] for t in range(len(traces))
    ]
    root_ids = [source.randbytes(8) for _ in traces]
    for service in range(len(SERVICES)):
        spans = request.resource_spans[service].scope_spans[0].spans
        for trace, home in enumerate(homes):
            for place in (place for place, where in enumerate(home) if where == service):
                is_root, is_error = place == 0, source.random() < 0.02
                operation = service * OPERATIONS_PER_SERVICE + source.randrange(OPERATIONS_PER_SERVICE)
                span = spans.add(
                    trace_id=traces[trace],
                    span_id=root_ids[trace] if is_root else source.randbytes(8),
                    parent_span_id=b"" if is_root else root_ids[trace],
                    name=operation_name(operation),
                    kind=Span.SPAN_KIND_SERVER if source.random() < 0.5 else Span.SPAN_KIND_CLIENT,
                    start_time_unix_nano=_START_MARK + len(operations),
                    end_time_unix_nano=_START_MARK + len(operations),
                )
                _add_attributes(source, span, SERVICES[service], is_error, is_root)
                operations.append((trace, operation, is_error, 0 if is_root else source.randrange(200_000_000)))
    return _template_of(request.SerializeToString(), traces, np.array(operations, np.int64))


def _add_service(request: ExportTraceServiceRequest, service: str) -> None:
    resource_spans = request.resource_spans.add()
    for key, value in (
        ("service.name", service),
        ("service.version", "1.4.2"),
        ("host.name", f"node-{len(service)}"),
        ("k8s.pod.name", f"{service}-7d9f6c5b4-x2x7q"),
    ):
        resource_spans.resource.attributes.add(key=key).value.string_value = value
    resource_spans.scope_spans.add().scope.name = "opentelemetry.instrumentation.requests"


def _add_attributes(source: random.Random, span: Span, service: str, is_error: bool, is_root: bool) -> None:
    texts = {
        "http.request.method": source.choice(("GET", "GET", "POST")),
        "http.route": f"/{service}/items/{{id}}",
        "url.path": f"/{service}/items/00000",
        "server.address": f"{service}.shop.svc",
        "user.id": "user-000000",
    } | ({"order.id": "order-0000000000"} if is_root else {})
    for key, value in texts.items():
        span.attributes.add(key=key).value.string_value = value
    span.attributes.add(key="http.response.status_code").value.int_value = 500 if is_error else 200
    span.attributes.add(key="cache.hit").value.bool_value = source.random() < 0.5
    span.attributes.add(key="retry.count").value.int_value = source.choice((0, 0, 0, 1, 2))
    if is_error:
        span.status.code = span.status.STATUS_CODE_ERROR


def _template_of(body: bytes, traces: list[bytes], spans: Array) -> _Template:
    starts = [body.index(struct.pack("<Q", _START_MARK + number)) for number in range(_SPANS)]
    order_at = _places(rb"order-(0{10})", body, 10)
    # The roots in the order of the body, then by trace: an order id belongs to the trace of its span.
    root_traces = [int(spans[np.searchsorted(starts, at) - 1, 0]) for at in order_at[:, 0]]
    return _Template(
        body=body,
        trace=spans[:, 0],
        operation=spans[:, 1].astype(np.uint8),
        is_error=spans[:, 2].astype(bool),
        offset_ns=spans[:, 3],
        trace_suffix=np.array([np.frombuffer(trace[8:], np.uint8) for trace in traces]),
        trace_id_at=_columns(
            [body.rindex(traces[int(t)][:8], 0, at) for t, at in zip(spans[:, 0], starts, strict=True)], 8
        ),
        start_at=_columns(starts, 8),
        path_at=_places(rb"items/(0{5})", body, 5),
        user_at=_places(rb"user-(0{6})", body, 6),
        order_at=order_at[np.argsort(root_traces)],
        status_at=_columns([match.start(1) for match in _STATUS_MARK.finditer(body)], 2),
    )


def _places(pattern: bytes, body: bytes, width: int) -> Array:
    return _columns([match.start(1) for match in re.finditer(pattern, body)], width)


def _columns(starts: list[int], width: int) -> Array:
    return np.array(starts)[:, None] + np.arange(width)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Random values: a row for each request; a column for each of its traces (the first four) or spans."""

    prefix: Array
    user: Array
    order: Array
    trace_start: Array
    path: Array
    status: Array
    start: Array
    duration: Array


def _fill(template: _Template, rng: np.random.Generator, start_ns: int, width_ns: int) -> tuple[list[bytes], SpanFacts]:
    drawn = _draw(template, rng, start_ns, width_ns)
    bodies = np.tile(np.frombuffer(template.body, np.uint8), (REQUESTS_PER_SEGMENT, 1))
    prefix_bytes = _little_endian(drawn.prefix)
    bodies[:, template.trace_id_at] = prefix_bytes[:, template.trace]
    bodies[:, template.start_at] = _little_endian(drawn.start)
    bodies[:, template.start_at + 9] = _little_endian(drawn.start + drawn.duration)  # the end, behind its tag
    bodies[:, template.path_at] = _digits(drawn.path, 5)
    bodies[:, template.user_at] = _digits(drawn.user, 6)[:, template.trace]
    bodies[:, template.order_at] = _digits(drawn.order, 10)
    bodies[:, template.status_at] = np.stack([drawn.status & 0x7F | 0x80, drawn.status >> 7], axis=-1)
    suffixes = np.broadcast_to(template.trace_suffix, prefix_bytes.shape)
    ids = np.concatenate([prefix_bytes, suffixes], axis=-1)
    return [body.tobytes() for body in bodies], _facts(template, drawn, ids)


def _draw(template: _Template, rng: np.random.Generator, start_ns: int, width_ns: int) -> _Drawn:
    traces, spans = (REQUESTS_PER_SEGMENT, TRACES_PER_REQUEST), (REQUESTS_PER_SEGMENT, _SPANS)
    trace_start = start_ns + rng.integers(0, width_ns, traces)
    usual = rng.choice(_STATUS_CODES, spans, p=[0.82, 0.06, 0.06, 0.06])
    return _Drawn(
        prefix=rng.integers(0, 2**64, traces, np.uint64),
        user=rng.integers(0, USERS, traces),
        order=rng.integers(0, ORDERS, traces),
        trace_start=trace_start,
        path=rng.integers(0, PATHS, spans),
        status=np.where(template.is_error, 500, usual),
        start=trace_start[:, template.trace] + template.offset_ns,
        duration=(rng.lognormal(15.5, 1.2, spans) % 1e9).astype(np.int64),
    )


def _facts(template: _Template, drawn: _Drawn, ids: Array) -> SpanFacts:
    trace = np.arange(len(ids))[:, None] * TRACES_PER_REQUEST + template.trace
    ends = np.zeros(len(ids) * TRACES_PER_REQUEST, np.int64)
    np.maximum.at(ends, trace.ravel(), (drawn.start + drawn.duration).ravel())
    return SpanFacts(
        trace=trace.ravel().astype(np.uint32),
        operation=np.tile(template.operation, len(ids)),
        path=drawn.path.ravel().astype(np.uint16),
        status_code=drawn.status.ravel().astype(np.uint16),
        duration_ns=drawn.duration.ravel().astype(np.uint32),
        trace_id=np.ascontiguousarray(ids).view("V16").ravel(),
        trace_start_ns=drawn.trace_start.ravel(),
        trace_duration_ns=ends - drawn.trace_start.ravel(),
        user=drawn.user.ravel().astype(np.uint32),
        order_id=drawn.order.ravel(),
    )


def _little_endian(numbers: Array) -> Array:
    encoded: Array = np.ascontiguousarray(numbers)[..., None].view(np.uint8).reshape(*numbers.shape, 8)
    return encoded


def _digits(numbers: Array, width: int) -> Array:
    powers = 10 ** np.arange(width - 1, -1, -1)
    digits: Array = (numbers[..., None] // powers % 10 + ord("0")).astype(np.uint8)
    return digits
