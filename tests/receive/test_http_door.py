import threading
from collections.abc import Mapping

import pytest

from clew.errors import MalformedInput
from clew.receive.admission import Caller
from clew.receive.http_answer import Answer, answer_in_words
from clew.receive.http_door import BodyForm, Stored
from clew.receive.http_request import HttpRequest
from clew.receive.settings import ReceiveSettings
from clew.wire.attribute_pass import AttributePass, Changes
from clew.wire.attribute_rules import SECRET_BYTES, AttributeRule, Replacement, ready_rules
from clew.wire.otlp_check import CheckLimits
from tests.receive.http_server import serve_http
from tests.receive.memory_intake import MemoryIntake
from tests.wire.otlp_samples import make_request

BODY = make_request(3).SerializeToString()
ONE_SPAN = make_request(1).SerializeToString()


def _reversed(body: bytes) -> bytes:
    if body.startswith(b"bad"):
        raise MalformedInput("not backwards; turn it round and send it again")
    return body[::-1]


def _quickly(body: bytes) -> bytes | None:
    """Knows one body only."""
    return ONE_SPAN if body == ONE_SPAN[::-1] else None


class _Backwards:
    """A dialect in which OTLP is sent from its end to its beginning."""

    protocol = "backwards"
    signals: Mapping[str, str] = {"/spans": "traces"}

    def other(self, request: HttpRequest) -> Answer:
        return Answer(404, f"no {request.path}".encode(), "text/plain")

    def form(self, request: HttpRequest, signal: str) -> BodyForm:
        media = request.header(b"content-type")
        return BodyForm(_reversed, is_costly=media != "cheap", quick=_quickly if media == "quick" else None)

    def accepted(self, request: HttpRequest, stored: Stored) -> Answer:
        return Answer(202)

    def refused(self, request: HttpRequest, error: Exception) -> Answer:
        return answer_in_words(error)


@pytest.mark.parametrize("media", ["cheap", "costly", "quick"])
@pytest.mark.parametrize("span_count", [3, 3000])
def test_a_body_is_translated_before_it_is_stored(intake: MemoryIntake, media: str, span_count: int) -> None:
    """What reaches the journal is OTLP, whatever the dialect; small bodies and large ones, in any encoding."""
    body = make_request(span_count).SerializeToString()
    with serve_http(intake, dialect=_Backwards()) as door:
        answer = door.post("/spans", body[::-1], media)
        counts = door.counters.snapshot()
    assert (answer.status, answer.body) == (202, b"")
    assert intake.payloads("traces/default") == [body]
    assert counts.accepted_records == {("backwards", "traces"): span_count}


def test_a_costly_body_that_is_translated_quickly_may_be_large(intake: MemoryIntake) -> None:
    """The limit on costly bodies is for those of which the quick translation doesn't know."""
    with serve_http(intake, ReceiveSettings(max_json_bytes=len(ONE_SPAN) - 1), _Backwards()) as door:
        statuses = [door.post("/spans", ONE_SPAN[::-1], media).status for media in ("quick", "costly")]
        assert door.post("/spans", make_request(300).SerializeToString()[::-1], "quick").status == 413
    assert statuses == [202, 413]
    assert intake.payloads("traces/default") == [ONE_SPAN]


def test_a_refusal_is_in_the_words_of_the_dialect(intake: MemoryIntake) -> None:
    """The reason reaches the client as text, the metrics under the door's name, and nothing is stored."""
    with serve_http(intake, dialect=_Backwards()) as door:
        answer = door.post("/spans", b"bad", "cheap")
        elsewhere = door.post("/elsewhere", b"", "cheap")
        counts = door.counters.snapshot()
    assert (answer.status, answer.body) == (400, b"not backwards; turn it round and send it again\n")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert (elsewhere.status, elsewhere.body) == (404, b"no /elsewhere")
    assert counts.refused_requests == {("backwards", "traces", "malformed"): 1}
    assert intake.appended == []


class _ByHeader:
    """The tenant is what the header says."""

    def admit(self, headers: Mapping[bytes, bytes]) -> Caller:
        return Caller(headers[b"x-tenant"].decode(), CheckLimits(attributes=7))

    def admit_without_headers(self) -> Caller:
        raise AssertionError("this door has headers")


def test_the_caller_decides_on_tenant_and_limits(intake: MemoryIntake) -> None:
    """Spans go to the stream of the caller's tenant, and are checked against the caller's limits."""
    with serve_http(intake) as door:
        door.entrance.admission = _ByHeader()
        refused = door.post("/v1/traces", BODY, x_tenant="shop")
        small = make_request(1)
        del small.resource_spans[0].scope_spans[0].spans[0].attributes[:]
        assert door.post("/v1/traces", small.SerializeToString(), x_tenant="shop").status == 200
    assert b"3 refused" in refused.body
    (record,) = intake.appended
    assert record.stream == "traces/shop"


def test_the_settings_bound_what_a_translation_may_hold(intake: MemoryIntake) -> None:
    """A body in a form that is costly to translate is refused beyond `max_json_bytes`."""
    with serve_http(intake, ReceiveSettings(max_json_bytes=100), _Backwards()) as door:
        assert door.post("/spans", BODY[::-1], "costly").status == 413
        assert door.post("/spans", BODY[::-1], "cheap").status == 202


class _Watched(AttributePass):
    """Rules that tell which threads carried them out."""

    def __init__(self) -> None:
        super().__init__(ready_rules([AttributeRule("mask", pattern="email")]), Replacement(bytes(SECRET_BYTES)))
        self.threads: list[str] = []

    def apply(self, signal: str, payload: bytes, changes: Changes) -> bytes:
        self.threads.append(threading.current_thread().name)
        return super().apply(signal, payload, changes)


def test_where_values_are_looked_at_only_small_bodies_hold_the_loop(intake: MemoryIntake) -> None:
    """What a rule costs is up to the values: a body of 100 kB is checked in a thread, others are answered meanwhile."""
    rules = _Watched()
    large = make_request(1)
    large.resource_spans[0].scope_spans[0].spans[0].name = "x" * 100_000
    with serve_http(intake, rules=rules) as door:
        assert door.post("/v1/traces", ONE_SPAN, "application/x-protobuf").status == 200
        assert door.post("/v1/traces", large.SerializeToString(), "application/x-protobuf").status == 200
    assert [name.startswith("clew-check") for name in rules.threads] == [False, True]
