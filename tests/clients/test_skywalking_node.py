"""SkyWalking's agent for Node in two processes, as it is published."""

from collections.abc import Iterator

import pytest

from tests.clients.described import Described, Text, event
from tests.clients.environments import NODE_SKYWALKING
from tests.clients.programs import Program, run_two
from tests.clients.skywalking_spans import ASKED, CALL, PEER, agent_span, clew_for_skywalking, reference
from tests.clients.stored import Stored

_STACK = Text(r"TypeError: the card has expired\n    at charge .*shop\.mjs.*")


@pytest.fixture(scope="module")
def clew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    """A Clew that the agents send to."""
    with clew_for_skywalking(tmp_path_factory.mktemp("skywalking")) as stored:
        yield stored


def _service(name: str, address: str) -> Program:
    NODE_SKYWALKING.prepare()
    return Program(["node", "shop.mjs"], folder=NODE_SKYWALKING.sources).with_variables(
        SW_AGENT_NAME=name,
        SW_AGENT_INSTANCE=f"{name}@1",
        SW_AGENT_COLLECTOR_BACKEND_SERVICES=address,
    )


def _expected() -> dict[str, Described]:
    """What the two programs do; the first span of a process says so."""
    call = CALL | {"http.status.msg": "No Content"}
    cold = {"coldStart": "true"}
    from_front = reference("front", 1) | {"sw8.network_address_used_at_peer": PEER}
    said = {"exception__type": "TypeError", "exception__message": "the card has expired"}
    error = event("exception", Stack=_STACK, exception__stacktrace=_STACK, **said)
    return {
        "place order": agent_span("front", 0, None, attributes={"order.item": ["yarn λ 🧵", ""]} | cold),
        "/charge": agent_span(
            "front", 1, "place order", "CLIENT", attributes=call | ASKED | {"sw8.component_id": 2}, parent_number=0
        ),
        "POST:/charge": agent_span(
            "back", 0, "/charge", "SERVER", attributes=call | {"sw8.component_id": 49} | cold | from_front
        ),
        "check card": agent_span(
            "back", 1, "POST:/charge", parent_number=0, status=("ERROR", "the card has expired"), events=[error]
        ),
    }


def test_a_trace_over_two_processes_is_stored_as_it_was_made(clew: Stored) -> None:
    """Parents across the call, tags, an error and kinds come back field by field."""
    address = clew.server.addresses["skywalking_grpc"]
    clew.assert_is(run_two(_service("front", address), _service("back", address)), _expected())
