"""SkyWalking's agent for Python in two processes, over gRPC and over HTTP, as it is published."""

from collections.abc import Iterator

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

from tests.clients.described import Described, Text, describe, difference, event
from tests.clients.environments import PYTHON_SKYWALKING
from tests.clients.programs import Program, run_two
from tests.clients.skywalking_spans import ASKED, CALL, PEER, agent_span, clew_for_skywalking, reference
from tests.clients.stored import Stored
from tests.contract.compared import each_span
from tests.faults.traffic import wait_until

_TRACEBACK = Text(r"Traceback \(most recent call last\):\n  File .*shop.py.*\nValueError: the card has expired\n")


@pytest.fixture(scope="module")
def clew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    """A Clew that the agents send to."""
    with clew_for_skywalking(tmp_path_factory.mktemp("skywalking")) as stored:
        yield stored


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


def _expected(protocol: str) -> dict[str, Described]:
    """What the two programs do; over HTTP the agent calls every reference one across processes."""
    endpoint = {"sw8.parent_endpoint": "/charge"}
    from_front = reference("front", 1) | endpoint | {"sw8.network_address_used_at_peer": PEER}
    from_sender = reference("back", 2, "CrossThread" if protocol == "grpc" else "CrossProcess") | endpoint
    asks = CALL | ASKED | {"sw8.component_id": 7002}
    queue = {"sw8.span_layer": "MQ", "sw8.component_id": 40, "sw8.peer": "queue:9092"}
    said = {"exception__type": "ValueError", "exception__message": "the card has expired"}
    error = event("exception", Traceback=_TRACEBACK, exception__stacktrace=_TRACEBACK, **said)
    return {
        "place order": agent_span("front", 0, None, attributes={"order.item": ["yarn λ 🧵", ""]}),
        "ask /charge": agent_span("front", 1, "place order", "CLIENT", attributes=asks, parent_number=0),
        "/charge": agent_span(
            "back", 0, "ask /charge", "SERVER", attributes=CALL | {"sw8.component_id": 7000} | from_front
        ),
        "check card": agent_span(
            "back", 1, "/charge", parent_number=0, status=("ERROR", "the card has expired"), events=[error]
        ),
        "send receipt": agent_span(
            "back",
            2,
            "/charge",
            "PRODUCER",
            parent_number=0,
            attributes=queue | {"server.address": "queue", "server.port": 9092},
        ),
        "write receipt": agent_span("back", 0, "send receipt", attributes=from_sender),
    }


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
    for each in each_span(trace):
        assert earliest_ns <= each.start_time_unix_nano <= each.end_time_unix_nano <= ran.ended_ns

    if protocol == "grpc":  # over HTTP the agent drops at its exit the records that its thread has taken up
        _assert_logged(clew, trace, ran.trace_id)
    assert 'clew_receive_refused_total{protocol="skywalking"' not in clew.server.client.get("/metrics").text


def _assert_logged(clew: Stored, trace: TracesData, trace_id: bytes) -> None:
    logs = f"/traces/{trace_id.hex()}/logs"  # the agent sends them on their own, a moment later
    wait_until(lambda: bool(clew.server.get(logs).get("resourceLogs")), "the log record was not stored")
    (group,) = clew.server.get(logs)["resourceLogs"]
    (record,) = group["scopeLogs"][0]["logRecords"]
    (charge,) = (each for each in each_span(trace) if each.name == "/charge")
    assert record["severityText"] == "WARNING"
    assert record["body"]["stringValue"].endswith("WARNING shop - no money")  # the agent formats it
    assert record["spanId"] == charge.span_id.hex()
