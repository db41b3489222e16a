import contextlib
import select
import socket
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate

import pytest
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # it ships no stubs
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from clew.agent.gateway import Fate, Gateway, Reply, normal_url
from clew.agent.gateway_key import GatewayKey
from clew.errors import ConfigurationError
from tests.agent.scripted_gateway import NONE, TAKEN, Answer, ScriptedGateway, scripted_gateway

PROTOBUF = {"Content-Type": "application/x-protobuf"}
KEY = "0123456789abcdef"


@pytest.fixture
def scripted() -> Iterator[ScriptedGateway]:
    """A gateway that answers as the test says."""
    with scripted_gateway() as gateway:
        yield gateway


def send(gateway: Gateway, body: bytes = b"body", signal: str = "traces") -> Reply:
    """Connect and post."""
    assert gateway.connect() == ""
    return gateway.post(signal, body, KEY)


def test_a_batch_is_posted_as_otlp_with_its_key(scripted: ScriptedGateway) -> None:
    """Path, media type, encoding, Idempotency-Key and the ingest key are those of OTLP/HTTP and of Clew."""
    gateway = Gateway(scripted.url + "/", GatewayKey("secret"))
    assert send(gateway, b"x" * 5000) == Reply(Fate.TAKEN)
    assert send(gateway, b"log", "logs").fate is Fate.TAKEN
    gateway.close()
    first, second = scripted.posted
    assert (first.path, first.body, second.path) == ("/v1/traces", b"x" * 5000, "/v1/logs")
    assert (first.key, first.headers["content-encoding"]) == (KEY, "zstd")
    assert first.headers["content-type"] == "application/x-protobuf"
    assert first.headers["authorization"] == "Bearer secret"


def test_a_path_before_v1_is_kept(scripted: ScriptedGateway) -> None:
    """A gateway behind a proxy has its place below one; without a key no Authorization is sent."""
    gateway = Gateway(scripted.url + "/otlp/", GatewayKey())
    send(gateway)
    gateway.close()
    assert scripted.posted[0].path == "/otlp/v1/traces"
    assert "authorization" not in scripted.posted[0].headers


@pytest.mark.parametrize(
    ("answer", "fate"),
    [
        ((429, {}, b""), Fate.NOT_TAKEN),
        ((400, {}, b""), Fate.REFUSED),
        ((413, {}, b""), Fate.REFUSED),
        ((401, {}, b""), Fate.DENIED),
        ((403, {}, b""), Fate.DENIED),
        ((403, {"Clew-Refused": "content"}, b""), Fate.REFUSED),
        ((404, {}, b""), Fate.DENIED),
        ((302, {"Location": "/login"}, b""), Fate.DENIED),
        ((408, {}, b""), Fate.UNKNOWN),
        ((500, {}, b""), Fate.UNKNOWN),
        ((503, {}, b""), Fate.UNKNOWN),
        ((200, {"Content-Type": "text/html"}, b"<html>please log in</html>"), Fate.UNKNOWN),
        ((200, {"Content-Type": "text/html"}, b""), Fate.UNKNOWN),
        ((200, PROTOBUF, b"\xff\xff"), Fate.UNKNOWN),
        ((200, PROTOBUF, b""), Fate.TAKEN),
        (NONE, Fate.UNKNOWN),
        ((200, {}, b""), Fate.TAKEN),
    ],
)
def test_what_an_answer_says_about_the_batch(scripted: ScriptedGateway, answer: Answer, fate: Fate) -> None:
    """Only what is certain is called so: a server error, a proxy's page or no answer leave it open."""
    scripted.answers = [answer]
    gateway = Gateway(scripted.url, GatewayKey())
    assert send(gateway).fate is fate
    assert send(gateway).fate is Fate.TAKEN
    gateway.close()


def test_the_words_of_a_refusal_and_the_pause_are_passed_on(scripted: ScriptedGateway) -> None:
    """The message of the google.rpc.Status is in the reason; Retry-After may be seconds, a date, or nonsense."""
    status = Status(code=8, message="the journal\nis full").SerializeToString()
    in_an_hour = formatdate(time.time() + 100, usegmt=True)
    scripted.answers = [(429, {"Retry-After": after}, status) for after in ("7", in_an_hour, "soon", "9" * 30)]
    gateway = Gateway(scripted.url, GatewayKey())
    replies = [send(gateway) for _ in range(4)]
    gateway.close()
    assert replies[0].reason == f"{scripted.url} answered 429: the journal is full"
    assert [replies[0].retry_after_s, replies[2].retry_after_s, replies[3].retry_after_s] == [7.0, 0.0, 3600.0]
    assert 90 < replies[1].retry_after_s <= 100


def test_repeats_and_partial_success_are_told(scripted: ScriptedGateway) -> None:
    """A batch that was known, and records that were left out, of either signal."""
    spans, logs = ExportTraceServiceResponse(), ExportLogsServiceResponse()
    spans.partial_success.rejected_spans, spans.partial_success.error_message = 3, "why"
    logs.partial_success.rejected_log_records = 2
    scripted.answers = [
        (200, {**PROTOBUF, "Idempotency-Replayed": "true"}, b""),
        (200, PROTOBUF, spans.SerializeToString()),
        (200, PROTOBUF, logs.SerializeToString()),
    ]
    gateway = Gateway(scripted.url, GatewayKey())
    assert send(gateway) == Reply(Fate.TAKEN, is_repeat=True)
    assert send(gateway) == Reply(Fate.TAKEN, "why", rejected=3)
    assert send(gateway, signal="logs") == Reply(Fate.TAKEN, rejected=2)
    gateway.close()


def test_a_gateway_without_zstd_gets_gzip(scripted: ScriptedGateway) -> None:
    """After a 415 the same goes out as gzip, and so does all that follows; a second 415 is a wrong gateway."""
    scripted.answers = [(415, {}, b""), TAKEN, TAKEN, (415, {}, b"")]
    gateway = Gateway(scripted.url, GatewayKey())
    fates = [send(gateway, b"same").fate for _ in range(4)]
    gateway.close()
    assert fates == [Fate.NOT_TAKEN, Fate.TAKEN, Fate.TAKEN, Fate.DENIED]
    assert [each.headers["content-encoding"] for each in scripted.posted] == ["zstd", "gzip", "gzip", "gzip"]
    assert {each.body for each in scripted.posted} == {b"same"}


def test_a_gateway_that_took_zstd_is_not_tried_with_gzip(scripted: ScriptedGateway) -> None:
    """What it refuses then, it refuses for another reason."""
    gateway = Gateway(scripted.url, GatewayKey())
    send(gateway)
    assert not gateway.takes_gzip_instead()
    gateway.close()


def test_no_connection_is_told_before_anything_is_sent() -> None:
    """A refused connection is a reason to try another gateway, since nothing can have been taken."""
    with scripted_gateway() as gone:
        url = gone.url
    assert Gateway(url, GatewayKey()).connect().startswith(f"{url} can't be reached: ")


def test_a_connection_that_was_closed_meanwhile_is_opened_anew() -> None:
    """A gateway that was restarted, or closed what was idle, costs no batch its certainty."""
    with scripted_gateway() as scripted:
        gateway, port = Gateway(scripted.url, GatewayKey()), scripted.port
        scripted.always = (200, {"Connection": "close"}, b"")
        assert send(gateway).fate is Fate.TAKEN
    with scripted_gateway(port):
        assert send(gateway).fate is Fate.TAKEN
    gateway.close()


def test_a_gateway_that_never_answers_is_given_up(scripted: ScriptedGateway) -> None:
    """The time to wait for an answer is bounded, and afterwards nothing is known."""
    scripted.may_answer.clear()
    gateway = Gateway(scripted.url, GatewayKey(), answer_timeout_s=0.05)
    assert send(gateway).fate is Fate.UNKNOWN
    gateway.close()


def test_an_answer_in_drops_is_given_up() -> None:
    """The time is for the whole answer, however many pieces of it come."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gateway = Gateway(f"http://127.0.0.1:{listener.getsockname()[1]}", GatewayKey(), answer_timeout_s=0.5)
        dripping = threading.Thread(target=_drip, args=(listener,), daemon=True)
        dripping.start()
        assert send(gateway).fate is Fate.UNKNOWN
        gateway.close()
        dripping.join(20)
        assert not dripping.is_alive()


def _drip(listener: socket.socket) -> None:
    """An answer without end, a byte every 20 ms, until the client goes."""
    connection, _ = listener.accept()
    with connection, contextlib.suppress(OSError):
        connection.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not select.select([connection], [], [], 0.02)[0] or connection.recv(1 << 16):
            connection.send(b"H")


@pytest.mark.parametrize(
    "url", ["gateway:4318", "ftp://a", "http://", "http://a:x", "http://a?b", "http://u:p@a", "http://a b", ""]
)
def test_what_is_no_url_of_a_gateway_is_refused(url: str) -> None:
    """The message shows it, and how one is written."""
    with pytest.raises(ConfigurationError, match="write it like http://gateway"):
        normal_url(url)


def test_urls_are_compared_without_their_last_slash() -> None:
    """A batch that is bound to a gateway finds it again when somebody tidies the settings up."""
    assert normal_url("https://a:4318/otlp/") == normal_url("https://a:4318/otlp") == "https://a:4318/otlp"
