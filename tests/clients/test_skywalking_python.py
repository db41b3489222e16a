"""SkyWalking's agent for Python in two processes, over gRPC and over HTTP, as it is published."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.clients.described import Described, Text, describe, difference, event, span
from tests.clients.environments import PYTHON_SKYWALKING
from tests.clients.programs import Program, run_two
from tests.clients.stored import Stored, running_clew
from tests.contract.compared import each_span


class _Port(Text):
    """Any whole number."""

    def __eq__(self, other: object) -> bool:
        return re.fullmatch(r"int \d+", str(other)) is not None

    __hash__ = Text.__hash__


_PORT = _Port("")
_ID = Text("[0-9a-f]{32}")
_TRACEBACK = Text(r"Traceback \(most recent call last\):\n  File .*shop.py.*\nValueError: the card has expired\n")


def _service(name: str, protocol: str, address: str) -> Program:
    """One service of the shop, started as the agent's documentation says."""
    python = PYTHON_SKYWALKING.prepare() / "venv/bin/python"
    command = [str(python.with_name("sw-python")), "run", str(python), str(PYTHON_SKYWALKING.sources / "shop.py")]
    return Program(command).with_variables(
        SW_AGENT_NAME=name,
        SW_AGENT_INSTANCE_NAME=f"{name}@1",
        SW_AGENT_PROTOCOL=protocol,
        SW_AGENT_COLLECTOR_BACKEND_SERVICES=address,
    )


def _span(service: str, number: int, parent: str | None, kind: str = "INTERNAL", **more: Any) -> Described:
    """A span with the attributes that each has; `parent_number` is that of a parent in the same segment."""
    attributes = {"sw8.trace_id": _ID, "sw8.segment_id": _ID, "sw8.span_id": number} | more.pop("attributes", {})
    if "parent_number" in more:
        attributes["sw8.parent_span_id"] = more.pop("parent_number")
    resource = {"service.name": service, "service.instance.id": f"string {service}@1"}
    return span(service, parent, kind, attributes=attributes, resource=resource, scope=("skywalking", ""), **more)


def _reference(kind: str, service: str, number: int) -> dict[str, Any]:
    return {
        "sw8.ref_type": kind,
        "sw8.parent_segment_id": _ID,
        "sw8.parent_span_id": number,
        "sw8.parent_service": service,
        "sw8.parent_service_instance": f"{service}@1",
        "sw8.parent_endpoint": "/charge",
    }


def _expected(protocol: str) -> dict[str, Described]:
    """What the two programs do; over HTTP the agent calls every reference one across processes."""
    called = {
        "sw8.span_layer": "Http",
        "sw8.peer": Text(r"127\.0\.0\.1:\d+"),
        "http.method": "POST",
        "http.url": Text(r"http://127\.0\.0\.1:\d+/charge"),
        "http.status_code": "204",
        "http.response.status_code": 204,
    }
    asks = {"sw8.component_id": 7002, "server.address": "127.0.0.1", "server.port": _PORT}
    queue = {"sw8.span_layer": "MQ", "sw8.component_id": 40, "sw8.peer": "queue:9092"}
    from_front = _reference("CrossProcess", "front", 1) | {"sw8.network_address_used_at_peer": called["sw8.peer"]}
    from_sender = _reference("CrossThread" if protocol == "grpc" else "CrossProcess", "back", 2)
    failure = {"type": "ValueError", "message": "the card has expired", "stacktrace": _TRACEBACK}
    return {
        "place order": _span("front", 0, None, attributes={"order.item": ["yarn λ 🧵", ""]}),
        "ask /charge": _span("front", 1, "place order", "CLIENT", attributes=called | asks, parent_number=0),
        "/charge": _span(
            "back", 0, "ask /charge", "SERVER", attributes=called | {"sw8.component_id": 7000} | from_front
        ),
        "check card": _span(
            "back",
            1,
            "/charge",
            parent_number=0,
            status=("ERROR", "the card has expired"),
            events=[event("exception", Traceback=_TRACEBACK, **{f"exception__{key}": failure[key] for key in failure})],
        ),
        "send receipt": _span(
            "back",
            2,
            "/charge",
            "PRODUCER",
            parent_number=0,
            attributes=queue | {"server.address": "queue", "server.port": 9092},
        ),
        "write receipt": _span("back", 0, "send receipt", attributes=from_sender),
    }


@pytest.fixture(scope="module")
def clew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    """A Clew that SkyWalking's agents can send to."""
    with running_clew(tmp_path_factory.mktemp("skywalking"), "skywalking") as stored:
        yield stored


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_a_trace_over_two_processes_is_stored_as_it_was_made(clew: Stored, protocol: str) -> None:
    """Parents across processes and threads, tags, an error and kinds come back field by field, and a log record."""
    address = clew.server.addresses[f"skywalking_{protocol}"]
    ran = run_two(_service("front", protocol, address), _service("back", protocol, address))
    expected = _expected(protocol)
    trace = clew.trace(ran.trace_id, len(expected))
    for each in each_span(trace):
        if each.kind == Span.SPAN_KIND_CLIENT:
            each.name = f"ask {each.name}"  # the agent names both sides of a call by its path
    found = difference(describe(trace), expected)
    assert not found, "\n".join(found)
    earliest_ns = ran.began_ns // 10**6 * 10**6  # the agent counts in milliseconds
    assert all(
        earliest_ns <= each.start_time_unix_nano <= each.end_time_unix_nano <= ran.ended_ns for each in each_span(trace)
    )

    (group,) = clew.server.get(f"/traces/{ran.trace_id.hex()}/logs")["resourceLogs"]
    (record,) = group["scopeLogs"][0]["logRecords"]
    (charge,) = (each for each in each_span(trace) if each.name == "/charge")
    assert record["severityText"] == "WARNING"
    assert record["body"]["stringValue"].endswith("WARNING shop - no money")  # the agent formats it
    assert record["spanId"] == charge.span_id.hex()

    assert 'clew_receive_refused_total{protocol="skywalking"' not in clew.server.client.get("/metrics").text
