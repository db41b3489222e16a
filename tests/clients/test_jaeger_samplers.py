"""The samplers of Jaeger's clients: what they decide by themselves, and what Clew tells those that ask."""

from typing import Any

import pytest

from tests.clients.described import Described
from tests.clients.jaeger_clients import GO_CLIENT, NODE, PYTHON, JaegerClient
from tests.clients.programs import run
from tests.clients.stored import Stored


def _expected(client: JaegerClient, service: str, sampler: str, param: Any) -> dict[str, Described]:
    return {name: span | {"service": service} for name, span in client.front_spans(sampler, param).items()}


@pytest.mark.parametrize(
    ("sampler", "given", "told"),
    [("const", "1", True), ("probabilistic", "1", 1.0), ("ratelimiting", "100", 100.0)],
)
def test_a_sampler_of_the_client_is_named_in_the_trace(clew: Stored, sampler: str, given: str, told: Any) -> None:
    """The root span says by which sampler, and by which parameter, it was kept."""
    program = GO_CLIENT.alone("shop", clew.server.addresses, sampler, given)
    clew.assert_is(run(program, "front"), _expected(GO_CLIENT, "shop", sampler, told))


@pytest.mark.parametrize(
    ("client", "service", "sampler", "told"),
    [
        (PYTHON, "probabilistic", "probabilistic", 1),  # as JSON writes 1.0
        (PYTHON, "operation", "probabilistic", 1),
        (NODE, "probabilistic", "probabilistic", 1.0),
        (NODE, "operation", "probabilistic", 1.0),
        (GO_CLIENT, "probabilistic", "probabilistic", 1.0),
        (GO_CLIENT, "ratelimiting", "ratelimiting", 100.0),
        (GO_CLIENT, "operation", "probabilistic", 1.0),
    ],
    ids=str,
)
def test_a_client_that_asks_samples_as_it_is_told(
    clew: Stored, client: JaegerClient, service: str, sampler: str, told: float
) -> None:
    """It would keep nothing by itself; the strategy of its service, or of the operation, has it keep the trace."""
    program = client.alone(service, clew.server.addresses, "remote")
    clew.assert_is(run(program, "front"), _expected(client, service, sampler, told))


def test_a_client_that_is_told_to_keep_nothing_sends_nothing(clew: Stored) -> None:
    """A service without a strategy gets the default one; spans that it sent would be here before those sent later."""
    addresses = clew.server.addresses
    dropped = run(GO_CLIENT.alone("unnamed", addresses, "const", "0"), "front")
    kept = run(GO_CLIENT.alone("shop", addresses, "const", "1"), "front")
    clew.assert_is(kept, _expected(GO_CLIENT, "shop", "const", True))
    assert not clew.server.trace(dropped.trace_id).resource_spans
