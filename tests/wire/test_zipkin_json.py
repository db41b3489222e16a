import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import InputTooLarge, MalformedInput
from clew.wire.otlp_check import check_traces
from clew.wire.zipkin_json import (
    COMPILED,
    read_all,
    read_field,
    refuse_many_objects,
    zipkin_json_by_parsing,
    zipkin_json_to_otlp,
)
from clew.wire.zipkin_span import MAX_ITEMS, ZipkinSpan, port
from tests.fuzz.decoders import Decoder, run_one
from tests.house.project_files import ROOT
from tests.wire.otlp_mutations import noisy
from tests.wire.sanitized import run_sanitized
from tests.wire.zipkin_samples import (
    FULL_SPAN,
    JSON_LISTS,
    ODD_BODIES,
    PARENT_ID,
    PLAIN_SPANS,
    SPAN_ID,
    TIME_US,
    TRACE_ID,
    attributes,
    json_list,
    only_span,
    otlp_spans,
    small_span,
)

SOURCE = ROOT / "src/clew/wire/zipkin_json.c"
DECODER = Decoder("zipkin_json", zipkin_json_by_parsing, COMPILED)


def test_a_span_of_every_field_is_translated() -> None:
    """The example of Zipkin's API."""
    [(service, span)] = otlp_spans(zipkin_json_to_otlp(json_list(FULL_SPAN)))
    assert (service, span.name, span.kind) == ("frontend", "get /api", 3)
    assert span.trace_id.hex() == "0" * 16 + TRACE_ID
    assert (span.span_id.hex(), span.parent_span_id.hex()) == (SPAN_ID, PARENT_ID)
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (TIME_US * 1000, (TIME_US + 1431) * 1000)
    assert attributes(span.attributes) == {
        "http.method": "GET",
        "http.path": "/api",
        "net.host.ip": "192.168.99.1",
        "net.host.port": 3306,
        "peer.service": "backend",
        "net.peer.ip": "172.19.0.2",
        "net.peer.port": 58648,
    }
    assert [(event.name, event.time_unix_nano) for event in span.events] == [("ws", (TIME_US + 60) * 1000)]


@given(JSON_LISTS)
def test_whatever_is_valid_is_fit_for_the_journal(spans: list[dict[str, Any]]) -> None:
    """Each span is there once, canonical, with good ids; spans that end too late are the only ones refused."""
    try:
        encoded = zipkin_json_to_otlp(json_list(*spans))
    except MalformedInput as error:
        assert "2554" in str(error)  # noqa: PT017  # it may be refused or not, but for no other reason
        return
    checked = check_traces(encoded)
    assert (checked.payload, checked.span_count, checked.rejected) == (encoded, len(spans), 0)


@pytest.mark.parametrize("body", [b"", b"[]", b" [ ] "])
def test_an_empty_list_is_nothing(body: bytes) -> None:
    """Zipkin takes it, so that clients may send it."""
    assert zipkin_json_to_otlp(body) == b""


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"traceId": ""}, "$[1].traceId"),
        ({"id": "x"}, "$[1].id"),
        ({"parentId": "g"}, "$[1].parentId"),
        ({"kind": "WORKER"}, "$[1].kind"),
        ({"timestamp": 0.5}, "$[1].timestamp"),
        ({"duration": "x"}, "$[1].duration"),
        ({"localEndpoint": {"port": 70000}}, "$[1].localEndpoint"),
        ({"remoteEndpoint": {"port": "x"}}, "$[1].remoteEndpoint"),
        ({"annotations": [{"timestamp": 2**70, "value": ""}]}, "$[1].annotations"),
        ({"tags": {"a": 2**63}}, "$[1].tags"),
        ({"tags": {"a": {}}}, "$[1].tags"),
        ({"annotations": [{"value": "a"}]}, "$[1].annotations[0]"),
        ({"name": 1}, "$[1].name"),
        ({"traceId": None}, "$[1].traceId"),
    ],
)
def test_one_wrong_span_refuses_the_list_and_is_named(members: dict[str, Any], path: str) -> None:
    """As Zipkin does: its answer has no place for "all but one"."""
    with pytest.raises(MalformedInput) as error:
        zipkin_json_to_otlp(json_list(small_span(1), small_span(2) | members))
    assert path in str(error.value)


@pytest.mark.parametrize(
    "body", [b"{}", b"[", b"\xff", b"[1]", b"null", b"[" * 5000, b'[{"id":"1"}]', b"\x0a\x02\x08\x01"]
)
def test_what_is_no_list_of_spans_is_refused(body: bytes) -> None:
    """Also protobuf that was sent as JSON."""
    with pytest.raises(MalformedInput, match="no list of Zipkin v2 spans"):
        zipkin_json_to_otlp(body)


def test_null_is_as_good_as_nothing_and_other_members_are_skipped() -> None:
    """Some clients write every member."""
    empty = dict.fromkeys(
        ("parentId", "kind", "name", "timestamp", "duration", "localEndpoint", "tags", "debug", "shared")
    )
    span = only_span(zipkin_json_to_otlp(json_list(small_span(1, **empty, annotations=None, other={"a": []}))))
    assert attributes(span.attributes) == {"otel.zipkin.absentField.startTime": True}
    endpoint = {"serviceName": None, "ipv4": None, "port": None}
    tags = {"otel.library.version": None, "a": "b"}
    [(service, span)] = otlp_spans(
        zipkin_json_to_otlp(json_list(small_span(1, timestamp=1, localEndpoint=endpoint, tags=tags)))
    )
    assert (service, attributes(span.attributes)) == ("", {"a": "b"})


def test_values_that_are_no_text_keep_their_type() -> None:
    """Careless clients send numbers and booleans as tags."""
    span = only_span(zipkin_json_to_otlp(json_list(small_span(1, timestamp=1, tags={"n": 200, "b": True, "d": 0.5}))))
    assert attributes(span.attributes) == {"n": 200, "b": True, "d": 0.5}


def test_half_an_emoji_does_not_cost_the_list() -> None:
    """A client that cuts texts to a length may cut one in two."""
    body = json.dumps([small_span(1, name="cut \ud83d")]).encode()
    assert only_span(zipkin_json_to_otlp(body)).name == "cut �"


def test_the_last_of_two_equal_tags_counts() -> None:
    """As in any reader of JSON."""
    body = b'[{"traceId":"1","id":"1","timestamp":1,"tags":{"a":"1","b":"2","a":"3"}}]'
    assert attributes(only_span(zipkin_json_to_otlp(body)).attributes) == {"a": "3", "b": "2"}


def test_hostile_lists_are_refused_before_they_unfold() -> None:
    """Too many objects, and too many tags in few objects."""
    with pytest.raises(InputTooLarge):
        refuse_many_objects(b"{" * (MAX_ITEMS + 1))
    with pytest.raises(InputTooLarge):
        read_all([1], lambda _: [ZipkinSpan(b"", b"", tags=dict.fromkeys(map(str, range(MAX_ITEMS)), ""))])


def test_errors_say_where() -> None:
    """The name of a field, then the place in the list."""
    with pytest.raises(MalformedInput, match="a port: "):
        read_field("a port", port, 70000)
    assert read_field("a port", port, 7) == 7


def _is_taken_alike(body: bytes) -> bool:
    """Did the compiled translation take it? It must say the same as the other, or nothing."""
    found = COMPILED.translate(body)
    run_one(DECODER, body)
    return found is not None


@given(JSON_LISTS, st.booleans(), st.sampled_from([None, 1]))
def test_compiled_code_says_the_same_or_nothing(
    spans: list[dict[str, Any]], is_ascii: bool, indent: int | None
) -> None:
    """With escapes or UTF-8, with spaces or without."""
    _is_taken_alike(json.dumps(spans, ensure_ascii=is_ascii, indent=indent).encode())


@given(JSON_LISTS, st.integers(0, 2**32))
def test_compiled_code_takes_no_noise(spans: list[dict[str, Any]], seed: int) -> None:
    """Bodies with wrong bytes here and there: what it takes, Python takes too, and the same way."""
    _is_taken_alike(noisy(json_list(*spans), random.Random(seed)))


@pytest.mark.parametrize("body", [json_list(span) for span in PLAIN_SPANS] + [b"[]", b"", json_list(*PLAIN_SPANS)])
def test_the_usual_bodies_are_taken_by_compiled_code(body: bytes) -> None:
    """What Zipkin's and OpenTelemetry's libraries send."""
    assert _is_taken_alike(body)


@pytest.mark.parametrize("body", ODD_BODIES)
def test_what_compiled_code_does_not_know_is_left_to_python(body: bytes) -> None:
    """Numbers in another form, members it doesn't know or has seen, texts that may be events, and whatever is wrong."""
    assert not _is_taken_alike(body)


def test_long_lists_are_taken_alike() -> None:
    """Many spans, services and shared ids; more services than it has room for are for Python."""
    services = [f"service {number}" for number in range(60)]
    spans = [
        small_span(1 + number // 2, kind=kind, timestamp=TIME_US, localEndpoint={"serviceName": services[number % 60]})
        for number, kind in enumerate(["CLIENT", "SERVER", None] * 200)
    ]
    assert _is_taken_alike(json_list(*spans))
    many = [small_span(number, localEndpoint={"serviceName": str(number)}) for number in range(1, 70)]
    assert not _is_taken_alike(json_list(*many))
    tags = {str(number): "" for number in range(65)}
    assert not _is_taken_alike(json_list(small_span(1, tags=tags)))


def test_no_body_makes_compiled_code_read_outside_of_it(tmp_path: Path) -> None:
    """Under sanitizers of memory and behaviour, good and broken bodies give what they give without."""
    choose = random.Random(1)
    good = [json_list(span) for span in PLAIN_SPANS] + [json_list(*PLAIN_SPANS), *ODD_BODIES]
    bodies = good + [noisy(choose.choice(good), choose) for _ in range(3000)]
    found = run_sanitized(SOURCE, COMPILED.function, bodies, tmp_path)
    assert found == [COMPILED.translate(body) for body in bodies]
    assert 20 < sum(answer is not None for answer in found) < 2000
