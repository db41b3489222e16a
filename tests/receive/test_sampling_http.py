from collections.abc import Iterator
from pathlib import Path

import pytest

from clew.errors import UnsupportedInput
from clew.receive.counters import ReceiveCounters
from clew.receive.entrance import Entrance
from clew.receive.http_request import HttpRequest
from clew.receive.sampling_http import SamplingDialect
from clew.receive.settings import ReceiveSettings
from clew.sampling.provider import SamplingProvider
from clew.sampling.settings import SamplingSettings
from tests.receive.http_server import Response, send_http
from tests.receive.memory_intake import MemoryIntake
from tests.receive.sampling_doors import sampling_doors

HALF = b'{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.5}}'
LIMITED = b'{"strategyType":"RATE_LIMITING","rateLimitingSampling":{"maxTracesPerSecond":42}}'
MUST_BE_ONCE = b"'service' parameter must be provided once\n"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> SamplingProvider:
    """Half of all, and a rate limit for one service."""
    made = SamplingProvider(tmp_path_factory.mktemp("sampling"), SamplingSettings())
    limited = {"service": "a b&c", "type": "ratelimiting", "param": 42}
    default = {"type": "probabilistic", "param": 0.5}
    made.versions.put({"default_strategy": default, "service_strategies": [limited]}, "ann")
    return made


@pytest.fixture(scope="module")
def address(provider: SamplingProvider) -> Iterator[str]:
    """Where it is asked for."""
    with sampling_doors(provider) as addresses:
        yield addresses["sampling_http"]


def get(address: str, target: str) -> Response:
    """One question."""
    return send_http(address, "GET", target)


@pytest.mark.parametrize("path", ["/sampling", "/api/sampling", "/", "/v1/traces", "/any/%2F"])
def test_any_path_is_answered(address: str, path: str) -> None:
    """As by Jaeger: only the query counts, and other parameters don't matter."""
    answer = get(address, f"{path}?service=shop&x=1")
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "application/json", HALF)


@pytest.mark.parametrize("name", ["a%20b%26c", "a+b%26c"])
def test_names_are_decoded(address: str, name: str) -> None:
    """Percent signs, and plus signs for spaces."""
    assert get(address, f"/sampling?service={name}").body == LIMITED


@pytest.mark.parametrize("query", ["", "?", "?service", "?Service=a", "?service=a&service=a"])
@pytest.mark.parametrize("path", ["/sampling", "/baggageRestrictions"])
def test_a_service_is_asked_for_once(address: str, path: str, query: str) -> None:
    """None and two are errors, with Jaeger's text; an empty name is a name."""
    answer = get(address, f"{path}{query}")
    if query == "?service":
        assert answer.status == 200
        return
    assert (answer.status, answer.body) == (400, MUST_BE_ONCE)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_old_clients_hear_of_no_restrictions(address: str) -> None:
    """They ask for baggage as well, and an empty list means that everything is allowed."""
    answer = get(address, "/baggageRestrictions?service=shop")
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "application/json", b"[]")


def test_questions_are_counted(provider: SamplingProvider, address: str) -> None:
    """Of this protocol."""
    before = provider.answers().get("sampling_http", 0)
    get(address, "/sampling?service=shop")
    get(address, "/sampling")
    assert provider.answers()["sampling_http"] == before + 1


def test_nothing_is_taken_in(tmp_path: Path) -> None:
    """A body has no form here, and an error that nobody expects is worded as Jaeger words it."""
    intake = MemoryIntake()
    entrance = Entrance(ReceiveSettings(), intake, ReceiveCounters())
    dialect = SamplingDialect(entrance)
    request = HttpRequest({"method": "POST", "path": "/", "headers": []}, None, entrance.settings)  # type: ignore[arg-type]  # no body is read
    with pytest.raises(UnsupportedInput):
        dialect.form(request, "traces")
    with pytest.raises(UnsupportedInput):
        dialect.accepted(request, None)  # type: ignore[arg-type]  # it is never looked at
    assert dialect.refused(request, ValueError("x")).body == b"collector error: x\n"
    entrance.close()
    intake.close()


def test_a_post_is_answered_and_its_body_thrown_away(address: str) -> None:
    """Jaeger looks at no method either."""
    answer = send_http(address, "POST", "/sampling?service=shop", b"x" * 1000)
    assert (answer.status, answer.body) == (200, HALF)
