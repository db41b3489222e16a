import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from clew.agent import gateway_strategies
from clew.agent.authority import trusted_by
from clew.agent.gateway_key import GatewayKey
from clew.agent.gateway_strategies import GatewayStrategies, sampling_urls
from clew.errors import Overloaded
from clew.sampling.answer import Answer
from tests.agent.scripted_gateway import ScriptedGateway, scripted_gateway

STRATEGY = b'{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.5}}'
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def gateway() -> Iterator[ScriptedGateway]:
    """A gateway that has one strategy for everybody."""
    with scripted_gateway() as opened:
        opened.always = (200, JSON, STRATEGY)
        yield opened


def strategies_of(*urls: str) -> GatewayStrategies:
    """Those of the gateways."""
    return GatewayStrategies(urls, GatewayKey())


def test_the_gateway_is_asked_once_a_minute(gateway: ScriptedGateway) -> None:
    """Its answer is passed on as it is, for each service its own; names are encoded anew."""
    strategies = strategies_of(f"{gateway.url}/sampling")
    assert [strategies.json("cart") for _ in range(3)] == [STRATEGY] * 3
    assert strategies.json("a&b c") == STRATEGY
    assert [posted.path for posted in gateway.posted] == ["/sampling?service=cart", "/sampling?service=a%26b%20c"]
    assert (strategies.counts.fresh, strategies.counts.stale, strategies.counts.none) == (4, 0, 0)


def test_while_the_gateway_is_away_the_old_answer_holds(
    gateway: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stale, and better than none; the gateway is left alone for a while."""
    strategies = strategies_of(gateway.url)
    assert strategies.json("cart") == STRATEGY
    monkeypatch.setattr(gateway_strategies, "_FRESH_S", 0.0)
    gateway.always = (503, {}, b"")
    assert [strategies.json("cart") for _ in range(3)] == [STRATEGY] * 3
    assert (len(gateway.posted), strategies.counts.stale) == (2, 3)


def test_clients_over_grpc_get_the_same(gateway: ScriptedGateway) -> None:
    """The answer is read from the gateway's JSON."""
    assert strategies_of(gateway.url).answer("cart", "sampling_grpc") == Answer(0.5)


@pytest.mark.parametrize("body", [b"[]", b"{}", b"<html>", b'{"strategyType":"PROBABILISTIC"}', b"\xff"])
def test_an_answer_that_is_no_strategy_is_passed_on_to_nobody(gateway: ScriptedGateway, body: bytes) -> None:
    """Something else listens there; the next gateway is asked, and what was known before holds."""
    with scripted_gateway() as other:
        other.always = (200, JSON, body)
        assert strategies_of(other.url, gateway.url).json("cart") == STRATEGY
        with pytest.raises(Overloaded, match="no gateway answers"):
            strategies_of(other.url).answer("cart", "sampling_grpc")


def test_what_nobody_knows_is_not_made_up(gateway: ScriptedGateway) -> None:
    """Without an answer the client is told so, and keeps the sampler that it was built with."""
    gateway.always = (500, {}, b"")
    strategies = strategies_of(gateway.url)
    assert strategies.json("cart") == b""
    with pytest.raises(Overloaded, match="no gateway answers"):
        strategies.answer("cart", "sampling_grpc")
    assert (strategies.counts.none, len(gateway.posted)) == (2, 1)


def test_a_second_gateway_is_asked_when_the_first_is_silent(gateway: ScriptedGateway) -> None:
    """The first that answers is believed."""
    with scripted_gateway() as gone:
        url = gone.url
    assert strategies_of(url, gateway.url).json("cart") == STRATEGY


def test_over_tls_the_authority_decides(tmp_path: Path) -> None:
    """A gateway with a certificate of the one that is trusted is asked; without that, nobody believes it."""
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with scripted_gateway(tls=tls) as gateway:
        gateway.always = (200, JSON, STRATEGY)
        trusting = GatewayStrategies([gateway.url], GatewayKey(), trusted_by(tmp_path / "ca.pem"))
        assert trusting.json("cart") == STRATEGY
        assert strategies_of(gateway.url).json("cart") == b""


def test_of_many_services_the_last_are_kept(gateway: ScriptedGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names come from outside: they must not fill the memory."""
    monkeypatch.setattr(gateway_strategies, "_MOST_SERVICES", 2)
    strategies = strategies_of(gateway.url)
    for name in ("a", "b", "c", "a"):
        strategies.json(name)
    assert len(gateway.posted) == 4


def test_strategies_are_on_the_gateways_host() -> None:
    """On the port for sampling, unless the settings say otherwise."""
    assert sampling_urls(["https://a:4318/otlp", "http://[::1]:4318"]) == [
        "https://a:5778/sampling",
        "http://[::1]:5778/sampling",
    ]
