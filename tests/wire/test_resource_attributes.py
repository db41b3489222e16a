import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

from clew.errors import MalformedInput
from clew.wire.otlp_check import check_traces
from clew.wire.resource_attributes import ResourceAttributes
from tests.otlp_requests import trace_requests

HOST = {"host.name": "node-1", "host.id": "ab12", "os.type": "linux"}
TEAM = {"team": "checkout"}


def request_of(**attributes: str) -> bytes:
    """A request of one span whose resource has the attributes; underscores stand for dots."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add(schema_url="https://schema")
    for key, value in attributes.items():
        group.resource.attributes.add(key=key.replace("_", ".")).value.string_value = value
    group.scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, name="work")
    return request.SerializeToString()


def attributes_of(resource: Resource) -> dict[str, str]:
    """Its string attributes."""
    return {attribute.key: attribute.value.string_value for attribute in resource.attributes}


def added(payload: bytes, *groups: dict[str, str]) -> dict[str, str]:
    """The attributes of the first resource when the groups were added."""
    request = ExportTraceServiceRequest.FromString(ResourceAttributes(groups).add_to(payload))
    return attributes_of(request.resource_spans[0].resource)


def test_what_is_missing_is_added_behind_what_is_there() -> None:
    """The resource has its own attributes first, then those of the host; nothing else changes."""
    payload = request_of(service_name="cart")
    written = ResourceAttributes([HOST, TEAM]).add_to(payload)
    request = ExportTraceServiceRequest.FromString(written)
    assert list(attributes_of(request.resource_spans[0].resource).items()) == [
        ("service.name", "cart"),
        *HOST.items(),
        *TEAM.items(),
    ]
    del request.resource_spans[0].resource.attributes[1:]
    assert request.SerializeToString() == payload


def test_what_the_client_said_stays() -> None:
    """A key that is there keeps its value; the same value is not there twice."""
    assert added(request_of(team="search"), TEAM) == {"team": "search"}
    assert added(request_of(host_name="node-1"), HOST) == HOST


def test_a_client_of_another_host_gets_nothing_of_this_one() -> None:
    """The id of this host would be wrong beside the name of another; other groups are added all the same."""
    assert added(request_of(host_name="node-2"), HOST, TEAM) == {"host.name": "node-2", **TEAM}


def test_a_group_without_resource_gets_one() -> None:
    """A client that says nothing about itself is on this host nevertheless, in traces and in logs."""
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.add(name="work")
    assert added(request.SerializeToString(), HOST) == HOST
    logs = ExportLogsServiceRequest()
    logs.resource_logs.add().scope_logs.add().log_records.add(severity_text="WARN")
    written = ExportLogsServiceRequest.FromString(ResourceAttributes([HOST]).add_to(logs.SerializeToString()))
    assert attributes_of(written.resource_logs[0].resource) == HOST
    assert written.resource_logs[0].scope_logs == logs.resource_logs[0].scope_logs


def test_without_attributes_the_very_bytes_come_back() -> None:
    """An agent that has nothing to say copies nothing."""
    payload = request_of(service_name="cart")
    assert ResourceAttributes([]).add_to(payload) is payload
    assert ResourceAttributes([{}]).add_to(payload) is payload


@settings(max_examples=40, deadline=None)
@given(trace_requests())
def test_what_is_added_is_what_a_parser_would_add(request: ExportTraceServiceRequest) -> None:
    """For any request, the bytes are those that protobuf's own library writes: the form that the check is fast with."""
    written = ResourceAttributes([HOST, TEAM]).add_to(request.SerializeToString())
    for group in request.resource_spans:
        present = {attribute.key for attribute in group.resource.attributes}
        for key, value in (HOST | TEAM).items():
            if key not in present:
                group.resource.attributes.add(key=key).value.string_value = value
    assert written == request.SerializeToString()


def test_the_gateway_takes_the_result_as_it_is() -> None:
    """The check finds nothing to write anew."""
    written = ResourceAttributes([HOST]).add_to(request_of(service_name="cart"))
    assert check_traces(written).payload is written


def test_more_clients_than_are_remembered_are_served() -> None:
    """A thousand different resources, and then the first again, are all completed."""
    attributes = ResourceAttributes([TEAM])
    for number in [*range(1000), 0]:
        payload = request_of(service_name=f"s{number}")
        resource = ExportTraceServiceRequest.FromString(attributes.add_to(payload)).resource_spans[0].resource
        assert attributes_of(resource) == {"service.name": f"s{number}", **TEAM}


def test_a_huge_resource_stays_as_it_is() -> None:
    """What is added must not bring a resource over the gateway's limits, in bytes or in attributes."""
    large = request_of(service_name="x" * (3 << 20))
    assert ResourceAttributes([TEAM]).add_to(large) == large
    many = request_of(**{f"k{number}": "v" for number in range(6000)})
    assert ResourceAttributes([TEAM]).add_to(many) == many


def test_an_attribute_without_key_is_no_trouble() -> None:
    """Nothing forbids an empty key."""
    group = ResourceSpans()
    group.resource.attributes.add().value.string_value = "v"
    payload = ExportTraceServiceRequest(resource_spans=[group]).SerializeToString()
    assert added(payload, TEAM) == {"": "v", **TEAM}


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_rewritten_or_refused(payload: bytes) -> None:
    """What is no protobuf is refused as malformed, and never anything else."""
    with contextlib.suppress(MalformedInput):
        assert ResourceAttributes([TEAM]).add_to(payload).endswith(payload[-1:])


def test_a_key_that_is_no_text_is_refused() -> None:
    """An attribute whose first field is a number is none that the check lets through."""
    with pytest.raises(MalformedInput, match="no text"):
        ResourceAttributes([TEAM]).add_to(b"\x0a\x06\x0a\x04\x0a\x02\x08\x01")
