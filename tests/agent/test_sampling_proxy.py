import asyncio

import pytest

from clew.agent.gateway_key import GatewayKey
from clew.agent.gateway_strategies import GatewayStrategies
from clew.agent.sampling_proxy import SamplingProxy
from tests.agent.asgi import ask
from tests.agent.scripted_gateway import scripted_gateway

STRATEGY = b'{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.5}}'


def asked(query: str, method: str = "GET", *urls: str) -> tuple[int, bytes]:
    """Status and body of a proxy for the gateways."""
    proxy = SamplingProxy(GatewayStrategies(urls, GatewayKey()))
    return asyncio.run(ask(proxy, "/sampling", query, method))[::2]


def test_a_strategy_is_passed_on() -> None:
    """Byte by byte as the gateway wrote it."""
    with scripted_gateway() as gateway:
        gateway.always = (200, {"Content-Type": "application/json"}, STRATEGY)
        assert asked("service=cart", "GET", gateway.url) == (200, STRATEGY)


def test_without_a_strategy_the_client_is_told() -> None:
    """It asks again, and keeps its sampler meanwhile."""
    assert asked("service=cart")[0] == 503


@pytest.mark.parametrize("query", ["", "service=a&service=b", "name=a", "service=" + "x" * 501])
def test_one_service_is_asked_for_at_a_time(query: str) -> None:
    """In the words that Jaeger's clients know."""
    status, body = asked(query)
    assert status == 400
    assert b"service" in body


def test_strategies_are_only_read() -> None:
    """Another method than GET is refused."""
    assert asked("service=a", "POST")[0] == 405
