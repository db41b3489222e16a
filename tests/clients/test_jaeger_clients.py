"""The clients of Jaeger for three languages, each in two processes, by UDP and by HTTP."""

import pytest

from tests.clients.jaeger_clients import JAEGER_CLIENTS, JaegerClient
from tests.clients.programs import run_two
from tests.clients.shop import BACK, FRONT
from tests.clients.stored import Stored

CASES = [pytest.param(client, way, id=f"{client.language}-{way}") for client in JAEGER_CLIENTS for way in client.doors]


@pytest.mark.parametrize(("client", "way"), CASES)
def test_a_trace_over_two_processes_is_stored_as_it_was_made(clew: Stored, client: JaegerClient, way: str) -> None:
    """Parents across the call, typed tags, logs, an error and a reference come back as OTLP has them."""
    front, back = (client.service(name, way, clew.server.addresses) for name in (FRONT, BACK))
    clew.assert_is(run_two(front, back), client.front_spans() | client.back_spans())
