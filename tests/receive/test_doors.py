import asyncio
from pathlib import Path

import grpc
import httpx
import pytest

from clew.errors import ConfigurationError
from clew.receive import doors as doors_module
from clew.receive.certificates import Certificates
from clew.receive.counters import ReceiveCounters
from clew.receive.doors import DOORS, HttpKind, UdpKind, bound, doors_of
from clew.receive.entrance import Entrance
from clew.receive.listen import bind
from clew.receive.otlp_http import OtlpDialect
from clew.receive.settings import ReceiveSettings
from tests.receive.grpc_calls import call_grpc
from tests.receive.memory_intake import MemoryIntake
from tests.receive.test_certificates import Authority
from tests.wire.otlp_samples import make_request

BODY = make_request(3).SerializeToString()


def test_open_doors_take_spans_until_they_are_closed(intake: MemoryIntake) -> None:
    """Each named door listens where `addresses` says; after `close` nobody listens there."""
    addresses: dict[str, str] = {}

    async def scenario() -> None:
        entrance = Entrance(ReceiveSettings(), intake, ReceiveCounters())
        with bound("127.0.0.1", {"otlp_grpc": 0, "otlp_http": 0}) as doors:
            await doors.open(entrance)
            addresses.update(doors.addresses)
            outcome = await asyncio.to_thread(call_grpc, addresses["otlp_grpc"], "traces", BODY)
            assert outcome.code is grpc.StatusCode.OK
            async with httpx.AsyncClient() as client:
                headers = {"Content-Type": "application/x-protobuf"}
                url = f"http://{addresses['otlp_http']}/v1/traces"
                assert (await client.post(url, content=BODY, headers=headers)).status_code == 200
            await doors.close()
        entrance.close()

    asyncio.run(scenario())
    assert intake.payloads("traces/default") == [BODY, BODY]
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://{addresses['otlp_http']}/")


def test_doors_listen_on_unix_sockets_as_well(intake: MemoryIntake, tmp_path: Path) -> None:
    """OTLP is taken over a Unix socket by gRPC and HTTP, and the files are gone afterwards."""
    paths = {"otlp_grpc": tmp_path / "grpc.sock", "otlp_http": tmp_path / "http.sock"}

    async def scenario() -> None:
        entrance = Entrance(ReceiveSettings(), intake, ReceiveCounters())
        with bound("127.0.0.1", {"otlp_grpc": 0, "otlp_http": 0}, paths) as doors:
            await doors.open(entrance)
            outcome = await asyncio.to_thread(call_grpc, f"unix:{paths['otlp_grpc']}", "traces", BODY)
            assert outcome.code is grpc.StatusCode.OK
            transport = httpx.AsyncHTTPTransport(uds=str(paths["otlp_http"]))
            async with httpx.AsyncClient(transport=transport) as client:
                headers = {"Content-Type": "application/x-protobuf"}
                answer = await client.post("http://clew/v1/traces", content=BODY, headers=headers)
                assert answer.status_code == 200
            await doors.close()
        entrance.close()

    asyncio.run(scenario())
    assert intake.payloads("traces/default") == [BODY, BODY]
    assert list(tmp_path.iterdir()) == []


def test_doors_with_a_certificate_speak_tls_besides_unix_sockets(intake: MemoryIntake, tmp_path: Path) -> None:
    """The ports take spans over TLS only; a Unix socket, where nobody listens in between, stays as it was."""
    authority, path = Authority(tmp_path), tmp_path / "http.sock"
    authority.issue("clew")
    headers = {"Content-Type": "application/x-protobuf"}

    async def scenario() -> None:
        entrance = Entrance(ReceiveSettings(), intake, ReceiveCounters())
        with bound("127.0.0.1", {"otlp_grpc": 0, "otlp_http": 0}, {"otlp_http": path}) as doors:
            await doors.open(entrance, Certificates(authority.files))
            outcome = await asyncio.to_thread(call_grpc, doors.addresses["otlp_grpc"], "traces", BODY)
            assert outcome.code is grpc.StatusCode.UNAVAILABLE
            async with httpx.AsyncClient(verify=authority.client_context(), headers=headers) as client:
                url = f"https://{doors.addresses['otlp_http']}/v1/traces"
                assert (await client.post(url, content=BODY)).status_code == 200
                with pytest.raises(httpx.TransportError):
                    await client.post(url.replace("https", "http"), content=BODY)
            transport = httpx.AsyncHTTPTransport(uds=str(path))
            async with httpx.AsyncClient(transport=transport, headers=headers) as client:
                assert (await client.post("http://clew/v1/traces", content=BODY)).status_code == 200
            await doors.close()
        entrance.close()

    asyncio.run(scenario())
    assert intake.payloads("traces/default") == [BODY, BODY]


def test_doors_over_udp_may_listen_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Senders over UDP show no keys: their doors have a host of their own, the others don't."""
    kinds = (UdpKind("by_udp", "other", bytes), HttpKind("by_http", "other", lambda _: OtlpDialect()))
    monkeypatch.setattr(doors_module, "DOORS", kinds)
    with bound("127.0.0.1", {"by_udp": 0, "by_http": 0}, udp_host="127.0.0.2") as doors:
        hosts = {name: listeners[0].getsockname()[0] for name, listeners in doors.listeners.items()}
    assert hosts == {"by_udp": "127.0.0.2", "by_http": "127.0.0.1"}


def test_a_taken_port_is_told_before_anything_is_opened() -> None:
    """The error names the setting of the door."""
    with bind("127.0.0.1", 0, "any") as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match="set otlp_grpc_port to"), bound("127.0.0.1", {"otlp_grpc": port}):
            pass


def test_doors_have_names_of_their_own_and_come_by_family() -> None:
    """Names are keys of the ready file and of settings, so none is used twice."""
    names = [kind.name for kind in DOORS]
    assert len(names) == len(set(names))
    assert [kind.name for kind in doors_of(["otlp"])] == ["otlp_grpc", "otlp_http"]
    assert doors_of([]) == []
