import time

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.wire.otlp_services import service_names


def _request(*services: str | None) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    for service in services:
        group = request.resource_spans.add()
        group.resource.attributes.add(key="host.name").value.string_value = "service.name"
        if service is not None:
            group.resource.attributes.add(key="service.name").value.string_value = service
        span = group.scope_spans.add().spans.add(name="a", trace_id=b"1" * 16, span_id=b"2" * 8)
        span.attributes.add(key="service.name").value.string_value = "of the span"
    return request


def test_each_resource_is_named() -> None:
    """The names are those of the resources, once each; attributes of spans and other attributes don't count."""
    assert service_names(_request("cart", "shop", "cart").SerializeToString()) == {"cart", "shop"}
    assert service_names(b"") == set()


def test_logs_have_the_same_shape() -> None:
    """A request for logs is read as one for traces."""
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    group.resource.attributes.add(key="service.name").value.string_value = "cart"
    group.scope_logs.add().log_records.add(time_unix_nano=1)
    assert service_names(request.SerializeToString()) == {"cart"}


def test_a_resource_without_a_name_is_none() -> None:
    """No resource, one without the attribute, and a name that is no text are all None."""
    request = _request("cart", None)
    request.resource_spans.add().scope_spans.add().spans.add(name="a")
    assert service_names(request.SerializeToString()) == {"cart", None}
    number = ExportTraceServiceRequest()
    number.resource_spans.add().resource.attributes.add(key="service.name").value.int_value = 7
    assert service_names(number.SerializeToString()) == {None}


def test_a_name_given_twice_counts_twice() -> None:
    """Nobody gets around the check with a second service.name."""
    request = _request("cart")
    request.resource_spans[0].resource.attributes.add(key="service.name").value.string_value = "admin"
    assert service_names(request.SerializeToString()) == {"cart", "admin"}


def test_the_cost_does_not_grow_with_the_spans() -> None:
    """A hundred thousand spans of one service cost no more than their headers: under 10 ms."""
    request = _request("cart")
    span = request.resource_spans[0].scope_spans[0].spans[0]
    request.resource_spans[0].scope_spans[0].spans.extend([span] * 100_000)
    payload = request.SerializeToString()
    began_s = time.perf_counter()
    assert service_names(payload) == {"cart"}
    assert time.perf_counter() - began_s < 0.01
