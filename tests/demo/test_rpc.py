import threading
from collections.abc import Iterator
from contextlib import closing

import grpc
import pytest

from clew.demo.rpc import MAX_ATTEMPTS, Payload, RpcClient, RpcService, status_of

SERVICE = "shop.test.v1.TestService"


class Moody:
    """Raises what it was told to, as often as it was told to, then answers."""

    def __init__(self) -> None:
        self.error: Exception = RuntimeError()
        self.times = 0
        self.calls = 0

    def ask(self, request: Payload) -> Payload:
        self.calls += 1
        if self.calls <= self.times:
            raise self.error
        return {"echo": request["word"]}


@pytest.fixture
def moody() -> Moody:
    """The method behind the service."""
    return Moody()


@pytest.fixture
def client(moody: Moody) -> Iterator[RpcClient]:
    """A client of a real gRPC server with that method."""
    service, stop = RpcService(SERVICE, {"Ask": moody.ask}), threading.Event()
    address = f"127.0.0.1:{service.bind()}"
    thread = threading.Thread(target=service.serve, args=({}, stop))
    thread.start()
    with closing(RpcClient(address, SERVICE)) as client:
        yield client
    stop.set()
    thread.join()


def test_an_answer_comes_back(client: RpcClient) -> None:
    """What the method returns arrives at the caller, umlauts and all."""
    assert client.call("Ask", {"word": "Tür"}) == {"echo": "Tür"}


def test_what_may_pass_is_tried_again(client: RpcClient, moody: Moody) -> None:
    """A service that is unavailable for a moment is asked again, until it answers."""
    moody.error, moody.times = TimeoutError("a moment"), MAX_ATTEMPTS - 1
    assert client.call("Ask", {"word": "again"}) == {"echo": "again"}
    assert moody.calls == MAX_ATTEMPTS


def test_trying_again_has_an_end(client: RpcClient, moody: Moody) -> None:
    """A service that stays unavailable is given up with the reason."""
    moody.error, moody.times = ConnectionError("for good"), 99
    with pytest.raises(ConnectionError, match="UNAVAILABLE: ConnectionError: for good"):
        client.call("Ask", {"word": "again"})
    assert moody.calls == MAX_ATTEMPTS


@pytest.mark.parametrize(
    ("error", "kind"),
    [(KeyError("x"), LookupError), (ValueError("x"), ValueError), (RuntimeError("x"), ConnectionError)],
)
def test_what_would_fail_again_is_not_tried_again(
    client: RpcClient, moody: Moody, error: Exception, kind: type[Exception]
) -> None:
    """A refusal or a bug arrives as the matching exception after one call."""
    moody.error, moody.times = error, 99
    with pytest.raises(kind, match=status_of(error).name):
        client.call("Ask", {"word": "no"})
    assert moody.calls == 1


def test_a_bug_is_internal() -> None:
    """Exceptions without a meaning for the caller become INTERNAL."""
    assert status_of(ZeroDivisionError()) is grpc.StatusCode.INTERNAL
