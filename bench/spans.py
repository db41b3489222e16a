"""Realistic requests, made fast: traces of 40 spans over 10 services, 8 attributes on each span, 512 spans a request.

A trace belongs to one user, as a trace of a real shop does; the other attributes are drawn for each span.

Every request is built once and then re-used with fresh ids and the present time: all trace ids of a request share
their first 8 bytes and all its times their upper 4 (a window of 4.29 s), so that replacing two byte strings makes a new
request at memory speed.
"""

import os
import random
import struct
import time
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Span

SPANS_PER_REQUEST = 512
SPANS_PER_TRACE = 40
SERVICES = ("frontend", "cart", "catalog", "checkout", "payment", "inventory", "shipping", "email", "search", "ads")
_OPERATIONS_PER_SERVICE = 8
_USERS = 20_000
_WINDOW_NS = 1 << 32


@dataclass(frozen=True, slots=True)
class RequestTemplate:
    """A serialised request and the two byte strings in it to be replaced."""

    body: bytes
    id_prefix: bytes
    time_window: bytes

    def fresh(self) -> tuple[bytes, bytes]:
        """The request with new trace ids and the present time, and the prefix of its trace ids."""
        prefix = os.urandom(8)
        window = struct.pack("<I", time.time_ns() // _WINDOW_NS)
        return self.body.replace(self.id_prefix, prefix).replace(self.time_window, window), prefix


def build_templates(count: int, seed: int = 1) -> list[RequestTemplate]:
    """`count` different requests; the same seed gives the same ones."""
    return [_build_template(random.Random(f"{seed}/{number}")) for number in range(count)]


def _build_template(random_source: random.Random) -> RequestTemplate:
    request = ExportTraceServiceRequest()
    prefix = random_source.randbytes(8)
    window_start_ns = time.time_ns() // _WINDOW_NS * _WINDOW_NS
    scopes = {service: _add_service(request, service) for service in SERVICES}
    left = SPANS_PER_REQUEST
    while left > 0:
        count = min(left, SPANS_PER_TRACE)
        _add_trace(random_source, scopes, prefix + random_source.randbytes(8), count, window_start_ns)
        left -= count
    return RequestTemplate(request.SerializeToString(), prefix, struct.pack("<I", window_start_ns // _WINDOW_NS))


def _add_service(request: ExportTraceServiceRequest, service: str) -> ScopeSpans:
    resource_spans = request.resource_spans.add()
    for key, value in (
        ("service.name", service),
        ("service.version", "1.4.2"),
        ("service.namespace", "shop"),
        ("host.name", f"node-{len(service)}"),
        ("k8s.pod.name", f"{service}-7d9f6c5b4-x2x7q"),
        ("telemetry.sdk.language", "python"),
    ):
        resource_spans.resource.attributes.add(key=key).value.string_value = value
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name = "opentelemetry.instrumentation.requests"
    scope_spans.scope.version = "0.66b1"
    return scope_spans


def _add_trace(
    random_source: random.Random, scopes: dict[str, ScopeSpans], trace_id: bytes, count: int, window_start_ns: int
) -> None:
    trace_start_ns = window_start_ns + random_source.randrange(_WINDOW_NS // 2)
    user = f"user-{random_source.randrange(_USERS)}"
    span_ids: list[bytes] = []
    for _ in range(count):
        service = random_source.choice(SERVICES)
        start_ns = trace_start_ns + random_source.randrange(200_000_000)
        span = scopes[service].spans.add(
            trace_id=trace_id,
            span_id=random_source.randbytes(8),
            parent_span_id=random_source.choice(span_ids) if span_ids else b"",
            name=f"/{service}/operation-{random_source.randrange(_OPERATIONS_PER_SERVICE)}",
            kind=Span.SPAN_KIND_SERVER if random_source.random() < 0.5 else Span.SPAN_KIND_CLIENT,
            start_time_unix_nano=start_ns,
            end_time_unix_nano=start_ns + int(random_source.lognormvariate(15.5, 1.2)) % 1_000_000_000,
        )
        span_ids.append(span.span_id)
        _add_attributes(random_source, span, service, user)


def _add_attributes(random_source: random.Random, span: Span, service: str, user: str) -> None:
    status = random_source.choices((200, 201, 304, 404, 500), (80, 6, 6, 6, 2))[0]
    span.attributes.add(key="http.request.method").value.string_value = random_source.choice(("GET", "GET", "POST"))
    span.attributes.add(key="http.route").value.string_value = f"/{service}/items/{{id}}"
    span.attributes.add(key="url.path").value.string_value = f"/{service}/items/{random_source.randrange(5000)}"
    span.attributes.add(key="http.response.status_code").value.int_value = status
    span.attributes.add(key="server.address").value.string_value = f"{service}.shop.svc"
    span.attributes.add(key="user.id").value.string_value = user
    span.attributes.add(key="cache.hit").value.bool_value = random_source.random() < 0.5
    span.attributes.add(key="retry.count").value.int_value = random_source.choice((0, 0, 0, 1, 2))
    if status == 500:
        span.status.code = span.status.STATUS_CODE_ERROR
