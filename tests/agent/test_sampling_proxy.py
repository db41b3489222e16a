import asyncio
from collections.abc import Iterator

import pytest

from clew.agent import sampling_proxy
from clew.agent.gateway_key import GatewayKey
from clew.agent.sampling_proxy import SamplingProxy, sampling_urls
from tests.agent.asgi import ask
from tests.agent.scripted_gateway import ScriptedGateway, scripted_gateway

STRATEGY = b'{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.5}}'
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def gateway() -> Iterator[ScriptedGateway]:
    """A gateway that has one strategy for everybody."""
    with scripted_gateway() as opened:
        opened.always = (200, JSON, STRATEGY)
        yield opened


def asked(proxy: SamplingProxy, query: str) -> tuple[int, bytes]:
    """Status and body."""
    return asyncio.run(ask(proxy, "/sampling", query))[::2]


def test_the_gateway_is_asked_once_a_minute(gateway: ScriptedGateway) -> None:
    """Its answer is passed on as it is, for each service its own; names are encoded anew."""
    proxy = SamplingProxy([f"{gateway.url}/sampling"], GatewayKey())
    assert [asked(proxy, "service=cart") for _ in range(3)] == [(200, STRATEGY)] * 3
    assert asked(proxy, "service=a%26b+c") == (200, STRATEGY)
    assert [posted.path for posted in gateway.posted] == ["/sampling?service=cart", "/sampling?service=a%26b%20c"]
    assert (proxy.counts.fresh, proxy.counts.stale, proxy.counts.none) == (4, 0, 0)


def test_while_the_gateway_is_away_the_old_answer_holds(
    gateway: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stale, and better than none; the gateway is left alone for a while."""
    proxy = SamplingProxy([f"{gateway.url}/sampling"], GatewayKey())
    assert asked(proxy, "service=cart")[0] == 200
    monkeypatch.setattr(sampling_proxy, "_FRESH_S", 0.0)
    gateway.always = (503, {}, b"")
    assert [asked(proxy, "service=cart") for _ in range(3)] == [(200, STRATEGY)] * 3
    assert (len(gateway.posted), proxy.counts.stale) == (2, 3)


def test_what_nobody_knows_is_not_made_up(gateway: ScriptedGateway) -> None:
    """Without an answer the client is told so, and keeps the sampler that it was built with."""
    gateway.always = (500, {}, b"")
    proxy = SamplingProxy([f"{gateway.url}/sampling"], GatewayKey())
    assert asked(proxy, "service=cart")[0] == 503
    assert proxy.counts.none == 1


def test_a_second_gateway_is_asked_when_the_first_is_silent(gateway: ScriptedGateway) -> None:
    """The first that answers is believed."""
    with scripted_gateway() as gone:
        url = gone.url
    assert asked(SamplingProxy([url, gateway.url], GatewayKey()), "service=cart") == (200, STRATEGY)


@pytest.mark.parametrize("query", ["", "service=a&service=b", "name=a", "service=" + "x" * 501])
def test_one_service_is_asked_for_at_a_time(query: str) -> None:
    """In the words that Jaeger's clients know."""
    status, body = asked(SamplingProxy([], GatewayKey()), query)
    assert status == 400
    assert b"service" in body


def test_strategies_are_only_read() -> None:
    """Another method than GET is refused."""
    assert asyncio.run(ask(SamplingProxy([], GatewayKey()), "/", "service=a", "POST"))[0] == 405


def test_of_many_services_the_last_are_kept(gateway: ScriptedGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names come from outside: they must not fill the memory."""
    monkeypatch.setattr(sampling_proxy, "_MOST_SERVICES", 2)
    proxy = SamplingProxy([f"{gateway.url}/sampling"], GatewayKey())
    for name in ("a", "b", "c", "a"):
        asked(proxy, f"service={name}")
    assert len(gateway.posted) == 4


def test_strategies_are_on_the_gateways_host() -> None:
    """On the port for sampling, unless the settings say otherwise."""
    assert sampling_urls(["https://a:4318/otlp", "http://[::1]:4318"]) == [
        "https://a:5778/sampling",
        "http://[::1]:5778/sampling",
    ]
