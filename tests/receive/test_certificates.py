import asyncio
import contextlib
import http.client
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
import trustme
import uvloop
from cryptography import x509

from clew.errors import ConfigurationError
from clew.receive.certificates import Certificates, TlsSettings, check_tls
from clew.receive.counters import ReceiveCounters
from clew.receive.entrance import Entrance
from clew.receive.grpc_door import start_grpc
from clew.receive.http_door import HttpDoor
from clew.receive.listen import HttpServer, bind
from clew.receive.otlp_grpc import otlp_methods
from clew.receive.otlp_http import OtlpDialect
from clew.receive.settings import ReceiveSettings
from tests.receive.grpc_calls import METHODS
from tests.receive.memory_intake import MemoryIntake
from tests.wire.otlp_samples import make_request

BODY = make_request(3).SerializeToString()


class Authority:
    """One that signs certificates for this machine, and the files of the server."""

    def __init__(self, directory: Path) -> None:
        self.ca = trustme.CA()
        self.files = TlsSettings(directory / "cert.pem", directory / "key.pem")

    def issue(self, common_name: str) -> None:
        """A new certificate and its key in the server's files."""
        assert self.files.cert_file is not None
        assert self.files.key_file is not None
        issued = self.ca.issue_cert("127.0.0.1", "localhost", common_name=common_name)
        _replace(self.files.cert_file, b"".join(pem.bytes() for pem in issued.cert_chain_pems))
        _replace(self.files.key_file, issued.private_key_pem.bytes())

    def client_context(self) -> ssl.SSLContext:
        """A client that trusts the authority."""
        context = ssl.create_default_context()
        self.ca.configure_trust(context)
        return context


def _replace(path: Path, content: bytes) -> None:
    """As those who renew certificates do it: a new file in the place of the old one."""
    scratch = path.with_suffix(".new")
    scratch.write_bytes(content)
    scratch.replace(path)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """With a first certificate."""
    made = Authority(tmp_path)
    made.issue("first")
    return made


@contextlib.contextmanager
def _served(intake: MemoryIntake, certificates: Certificates) -> Iterator[int]:
    """OTLP/HTTP on a port of its own, as `clew up` serves it."""
    entrance = Entrance(ReceiveSettings(), intake, ReceiveCounters())
    up, loop, stop = threading.Event(), uvloop.new_event_loop(), asyncio.Event()

    async def run(listener: socket.socket) -> None:
        server = HttpServer(HttpDoor(OtlpDialect(), entrance), listener, certificates=certificates)
        await server.start()
        up.set()
        await stop.wait()
        await server.stop()

    with bind("127.0.0.1", 0, "port") as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=lambda: loop.run_until_complete(run(listener)))
        thread.start()
        assert up.wait(20)
        try:
            yield port
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(20)
            loop.close()
            entrance.close()


@contextlib.contextmanager
def _grpc_served(intake: MemoryIntake, certificates: Certificates) -> Iterator[int]:
    entrance = Entrance(ReceiveSettings(), intake, ReceiveCounters())
    server = start_grpc("127.0.0.1", 0, otlp_methods(), entrance, credentials=certificates.grpc_credentials())
    yield int(server.address.rpartition(":")[2])
    server.stop(0)
    entrance.close()


def _name(port: int, context: ssl.SSLContext, server_name: str = "127.0.0.1") -> str:
    """The common name in the certificate that a new connection is shown."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname=server_name) as connection,
    ):
        encoded = connection.getpeercert(binary_form=True)
        assert encoded is not None
    attribute = x509.load_der_x509_certificate(encoded).subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0]
    return str(attribute.value)


def _post(connection: http.client.HTTPSConnection) -> int:
    connection.request("POST", "/v1/traces", BODY, {"content-type": "application/x-protobuf"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _export(channel: grpc.Channel) -> bytes:
    return bytes(channel.unary_unary(METHODS["traces"], None, None)(BODY, timeout=20))


@pytest.mark.parametrize("server_name", ["127.0.0.1", "localhost"])
def test_a_new_certificate_is_for_new_connections(authority: Authority, intake: MemoryIntake, server_name: str) -> None:
    """Over HTTP an open connection goes on as it began; a new one, naming us or not, sees the new certificate."""
    context = authority.client_context()
    with _served(intake, Certificates(authority.files)) as port:
        assert _name(port, context, server_name) == "first"
        old = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=20)
        assert _post(old) == 200
        authority.issue("second")
        assert _name(port, context, server_name) == "second"
        assert _post(old) == 200
        old.close()


def test_the_same_over_grpc(authority: Authority, intake: MemoryIntake) -> None:
    """A gRPC channel that is open goes on; a new one sees the new certificate, and no plain one gets in."""
    context = authority.client_context()
    context.set_alpn_protocols(["h2"])
    trust = grpc.ssl_channel_credentials(authority.ca.cert_pem.bytes())
    with _grpc_served(intake, Certificates(authority.files)) as port:
        assert _name(port, context) == "first"
        with grpc.secure_channel(f"127.0.0.1:{port}", trust) as old:
            assert _export(old) == b""
            authority.issue("second")
            assert _name(port, context) == "second"
            assert _export(old) == b""
        with (
            grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_retries", 0)]) as plain,
            pytest.raises(grpc.RpcError),
        ):
            _export(plain)


@pytest.mark.parametrize("broken", ["key", "text", "gone", "half"])
def test_a_broken_pair_keeps_the_old_one(
    authority: Authority, intake: MemoryIntake, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    """A key of another certificate, no PEM, no file and half of one are told, once; a good pair is taken afterwards."""
    context, files = authority.client_context(), authority.files
    assert files.cert_file is not None
    assert files.key_file is not None
    with (
        caplog.at_level(logging.ERROR),
        _served(intake, Certificates(files)) as port,
        _grpc_served(intake, Certificates(files)) as grpc_port,
    ):
        if broken == "key":
            _replace(files.key_file, authority.ca.issue_cert("localhost").private_key_pem.bytes())
        elif broken == "text":
            _replace(files.cert_file, b"no certificate")
        elif broken == "gone":
            files.key_file.unlink()
        else:
            _replace(files.cert_file, files.cert_file.read_bytes()[:400])
        for _ in range(3):
            assert _name(port, context) == "first"
            assert _name(grpc_port, context) == "first"
        assert caplog.text.count("new connections get the certificate of before") == 2  # one of each server
        authority.issue("second")
        assert _name(port, context) == "second"
        assert _name(grpc_port, context) == "second"


def test_clients_need_a_certificate_where_an_authority_is_named(
    authority: Authority, intake: MemoryIntake, tmp_path: Path
) -> None:
    """With mTLS nobody comes in without a certificate of the authority for clients, over HTTP and gRPC."""
    clients, strangers = trustme.CA(), trustme.CA()
    clients.cert_pem.write_to_path(str(tmp_path / "clients.pem"))
    files = TlsSettings(authority.files.cert_file, authority.files.key_file, tmp_path / "clients.pem")
    with _served(intake, Certificates(files)) as port, _grpc_served(intake, Certificates(files)) as grpc_port:
        assert _try_post(port, authority, clients) == 200
        assert _try_post(port, authority, strangers) is None
        assert _try_post(port, authority, None) is None
        assert _try_export(grpc_port, authority, clients) == b""
        assert _try_export(grpc_port, authority, strangers) is None
        assert _try_export(grpc_port, authority, None) is None
        strangers.cert_pem.write_to_path(str(tmp_path / "new.pem"))
        (tmp_path / "new.pem").replace(tmp_path / "clients.pem")
        assert _try_post(port, authority, clients) is None
        assert _try_post(port, authority, strangers) == 200
        assert _try_export(grpc_port, authority, strangers) == b""


def _try_post(port: int, authority: Authority, client: trustme.CA | None) -> int | None:
    context = authority.client_context()
    if client is not None:
        client.issue_cert("client@example.org").configure_cert(context)
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=20)
    try:
        return _post(connection)
    except OSError:
        return None
    finally:
        connection.close()


def _try_export(port: int, authority: Authority, client: trustme.CA | None) -> bytes | None:
    pair: tuple[bytes | None, bytes | None] = (None, None)
    if client is not None:
        issued = client.issue_cert("client@example.org")
        pair = issued.private_key_pem.bytes(), issued.cert_chain_pems[0].bytes()
    credentials = grpc.ssl_channel_credentials(authority.ca.cert_pem.bytes(), *pair)
    with grpc.secure_channel(f"127.0.0.1:{port}", credentials, options=[("grpc.enable_retries", 0)]) as channel:
        try:
            return _export(channel)
        except grpc.RpcError:
            return None


def test_wrong_settings_are_told_before_anything_starts(authority: Authority, tmp_path: Path) -> None:
    """One file without the other, files that aren't there, and a key with a password name the files."""
    cert, key = authority.files.cert_file, authority.files.key_file
    check_tls(TlsSettings())
    for halves in (TlsSettings(cert_file=cert), TlsSettings(key_file=key)):
        with pytest.raises(ConfigurationError, match="belong together"):
            check_tls(halves)
    with pytest.raises(ConfigurationError, match="client_ca_file takes"):
        check_tls(TlsSettings(client_ca_file=cert))
    with pytest.raises(ConfigurationError, match=r"missing\.pem can't be read"):
        Certificates(TlsSettings(cert, tmp_path / "missing.pem"))
    with pytest.raises(ConfigurationError, match="can't be used"):
        Certificates(TlsSettings(cert, cert))


def test_what_is_not_encrypted_gets_no_answer(authority: Authority, intake: MemoryIntake) -> None:
    """A key that is sent by mistake over plain HTTP is at least not answered as if that were right."""
    with _served(intake, Certificates(authority.files)) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("POST", "/v1/traces", BODY)
        with pytest.raises((http.client.HTTPException, OSError)):
            connection.getresponse()
        connection.close()
    assert intake.appended == []
