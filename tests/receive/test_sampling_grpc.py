from collections.abc import Iterator

import grpc
import pytest

from clew.sampling.answer import to_protobuf
from clew.sampling.provider import SamplingProvider
from clew.sampling.settings import SamplingSettings
from tests.receive.sampling_doors import sampling_doors

METHOD = "/jaeger.api_v2.SamplingManager/GetSamplingStrategy"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> SamplingProvider:
    """Half of one service."""
    made = SamplingProvider(tmp_path_factory.mktemp("sampling"), SamplingSettings())
    made.versions.put_service("shop", {"type": "probabilistic", "param": 0.5}, "ann")
    return made


@pytest.fixture(scope="module")
def ask(provider: SamplingProvider) -> "Iterator[grpc.UnaryUnaryMultiCallable[bytes, bytes]]":
    """The method on an open door."""
    with sampling_doors(provider) as addresses, grpc.insecure_channel(addresses["sampling_grpc"]) as channel:
        yield channel.unary_unary(METHOD, None, None)


@pytest.mark.parametrize("service", ["shop", "other", ""])
def test_a_service_gets_its_strategy(
    ask: "grpc.UnaryUnaryMultiCallable[bytes, bytes]", provider: SamplingProvider, service: str
) -> None:
    """Also one that nobody named, and a request that names none."""
    name = service.encode()
    request = bytes((0x0A, len(name))) + name if name else b""
    before = provider.answers().get("sampling_grpc", 0)
    assert ask(request, timeout=20) == to_protobuf(provider.answer(service))
    assert provider.answers()["sampling_grpc"] == before + 1


def test_what_is_no_question_is_refused(ask: "grpc.UnaryUnaryMultiCallable[bytes, bytes]") -> None:
    """With the reason."""
    with pytest.raises(grpc.RpcError) as caught:
        ask(b"\xff\xff", timeout=20)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "SamplingStrategyParameters" in str(caught.value.details())


def test_the_door_takes_nothing_in(provider: SamplingProvider) -> None:
    """It has questions only: an export of spans is no method of it."""
    export = "/jaeger.api_v2.CollectorService/PostSpans"
    with (
        sampling_doors(provider) as addresses,
        grpc.insecure_channel(addresses["sampling_grpc"]) as channel,
        pytest.raises(grpc.RpcError) as caught,
    ):
        channel.unary_unary(export, None, None)(b"", timeout=20)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
