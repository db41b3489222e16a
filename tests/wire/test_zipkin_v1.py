from typing import Any

from clew.wire.zipkin_span import (
    CLIENT,
    CONSUMER,
    PRODUCER,
    SERVER,
    UNSPECIFIED,
    Annotation,
    Endpoint,
    ZipkinSpan,
)
from clew.wire.zipkin_v1 import V1Annotation, V1Span, V1Tag, split_span

FRONT, BACK, THIRD = (Endpoint(name, f"10.0.0.{number}") for number, name in enumerate(("front", "back", "third"), 1))
T = 1_750_000_000_000_000


def split(*annotations: V1Annotation, tags: tuple[V1Tag, ...] = (), **fields: Any) -> list[ZipkinSpan]:
    """The halves of a span with these annotations."""
    return split_span(V1Span(b"t" * 16, b"s" * 8, annotations=list(annotations), tags=list(tags), **fields))


def note(offset_us: int, value: str, endpoint: Endpoint | None = FRONT) -> V1Annotation:
    """An annotation so long after T."""
    return V1Annotation(T + offset_us, value, endpoint)


def shape(spans: list[ZipkinSpan]) -> list[tuple[str, int, int, int, bool]]:
    """(service, kind, start after T, duration, shared) of each."""
    return [(span.local.service, span.kind, span.timestamp_us - T, span.duration_us, span.is_shared) for span in spans]


def test_core_annotations_say_kind_and_times() -> None:
    """Of a client, a server that started its span, a producer and a consumer."""
    assert shape(split(note(0, "cs"), note(9, "cr"))) == [("front", CLIENT, 0, 9, False)]
    assert shape(split(note(0, "sr"), note(9, "ss"), timestamp_us=T, duration_us=9)) == [("front", SERVER, 0, 9, False)]
    assert shape(split(note(0, "ms"), note(9, "ws"))) == [("front", PRODUCER, 0, 9, False)]
    assert shape(split(note(0, "wr"), note(9, "mr"))) == [("front", CONSUMER, 0, 9, False)]
    assert shape(split(note(5, "mr"))) == [("front", CONSUMER, 5, 0, False)]


def test_both_sides_of_a_call_become_two_spans() -> None:
    """The client has the span's own time, the server that of its annotations, and is marked as shared."""
    annotations = [note(0, "cs"), note(2, "sr", BACK), note(7, "ss", BACK), note(9, "cr")]
    tags = (V1Tag("http.path", "/front", FRONT), V1Tag("http.path", "/back", BACK), V1Tag("none", "x"))
    client, server = split(*annotations, tags=tags, timestamp_us=T, duration_us=20, name="get", parent_id=b"p" * 8)
    assert shape([client, server]) == [("front", CLIENT, 0, 20, False), ("back", SERVER, 2, 5, True)]
    assert (client.tags, server.tags) == ({"http.path": "/front", "none": "x"}, {"http.path": "/back"})
    assert (client.name, server.name, server.parent_id, server.span_id) == ("get", "get", b"p" * 8, b"s" * 8)
    assert client.annotations == [Annotation(T + 9, "cr")]  # its own time says otherwise
    assert server.annotations == []


def test_a_service_that_calls_itself_becomes_two_spans() -> None:
    """Whichever annotation comes first; tags and plain annotations are the client's."""
    annotations = [note(2, "sr"), note(0, "cs"), note(7, "ss"), note(9, "cr"), note(1, "plain")]
    spans = split(*annotations, tags=(V1Tag("a", "b", FRONT),))
    assert shape(spans) == [("front", CLIENT, 0, 9, False), ("front", SERVER, 2, 5, True)]
    assert [len(span.tags) + len(span.annotations) for span in spans] == [2, 0]


def test_both_sides_of_a_message_become_two_spans() -> None:
    """A consumer doesn't share by rights, but some do."""
    spans = split(note(0, "ms"), note(1, "ws"), note(5, "wr", BACK), note(6, "mr", BACK))
    assert shape(spans) == [("front", PRODUCER, 0, 1, False), ("back", CONSUMER, 5, 1, True)]


def test_a_server_that_did_not_start_the_span_leaves_out_its_time() -> None:
    """That is v1's mark for a shared span; a time without a duration is one too, when the end is known."""
    assert shape(split(note(2, "sr"), note(7, "ss"))) == [("front", SERVER, 2, 5, True)]
    assert shape(split(note(2, "sr"), note(7, "ss"), timestamp_us=T)) == [("front", SERVER, 2, 5, True)]
    assert shape(split(note(2, "sr"), timestamp_us=T + 2)) == [("front", SERVER, 2, 0, False)]
    assert shape(split(note(7, "ss"), timestamp_us=T, duration_us=7)) == [("front", SERVER, 0, 7, False)]


def test_half_a_call_keeps_what_it_has() -> None:
    """A start without end has no duration; an end without start stays an annotation."""
    assert shape(split(note(3, "cs"))) == [("front", CLIENT, 3, 0, False)]
    [span] = split(note(9, "cr"), timestamp_us=T)
    assert shape([span]) == [("front", CLIENT, 0, 0, False)]
    assert span.annotations == [Annotation(T + 9, "cr")]


def test_a_local_span_has_the_endpoint_that_is_named() -> None:
    """By the empty "local component", which is no tag then, by another tag, or by an annotation."""
    [empty] = split(tags=(V1Tag("lc", "", FRONT),), timestamp_us=T, duration_us=4)
    assert (shape([empty]), empty.tags) == ([("front", UNSPECIFIED, 0, 4, False)], {})
    [full] = split(tags=(V1Tag("lc", "spring", FRONT),), timestamp_us=T)
    assert (full.local, full.tags) == (FRONT, {"lc": "spring"})
    [noted] = split(note(1, "x"))
    assert (noted.local, noted.timestamp_us, noted.annotations) == (FRONT, 0, [Annotation(T + 1, "x")])
    [bare] = split(note(1, "cs", None), timestamp_us=T)
    assert (bare.local, bare.kind, bare.annotations) == (Endpoint(), UNSPECIFIED, [Annotation(T + 1, "cs")])


def test_what_a_third_service_says_is_a_span_of_its_own() -> None:
    """With the span's time; an endpoint without a name says nothing of whose it is."""
    tags = (V1Tag("a", "b", THIRD), V1Tag("c", "d", Endpoint("", "1.1.1.1")))
    client, third = split(note(0, "cs"), note(9, "cr"), tags=tags, timestamp_us=T, duration_us=9)
    assert shape([client, third]) == [("front", CLIENT, 0, 9, False), ("third", UNSPECIFIED, 0, 9, False)]
    assert (client.tags, third.tags) == ({"c": "d"}, {"a": "b"})


def test_addresses_are_the_other_side() -> None:
    """Of the side that they belong to; the broker's on both sides of a message."""
    tags = (V1Tag("sa", True, BACK), V1Tag("ca", True, FRONT))
    client, server = split(note(0, "cs"), note(1, "sr", BACK), tags=tags)
    assert (client.remote, server.remote) == (BACK, FRONT)
    broker = Endpoint("kafka")
    producer, consumer = split(note(0, "ms"), note(1, "mr", BACK), tags=(V1Tag("ma", True, broker),))
    assert producer.remote == consumer.remote == broker


def test_a_client_address_with_the_name_of_the_server_is_only_an_address() -> None:
    """Finagle writes it; a service would seem to call itself."""
    [server] = split(note(0, "sr"), tags=(V1Tag("ca", True, Endpoint("front", "10.0.0.9", port=5)),))
    assert server.remote == Endpoint("", "10.0.0.9", port=5)


def test_addresses_without_core_annotations() -> None:
    """The server's is the other side; the client's alone makes it a server; both name the client's side too."""
    [local] = split(tags=(V1Tag("sa", True, BACK), V1Tag("lc", "x", FRONT)))
    assert (local.kind, local.local, local.remote) == (UNSPECIFIED, FRONT, BACK)
    [server] = split(tags=(V1Tag("ca", True, BACK), V1Tag("lc", "x", FRONT)))
    assert (server.kind, server.local, server.remote) == (SERVER, FRONT, BACK)
    [both] = split(tags=(V1Tag("sa", True, BACK), V1Tag("ca", True, FRONT)))
    assert (both.local, both.remote) == (FRONT, BACK)


def test_an_address_that_has_no_side_is_a_tag() -> None:
    """Unless it's what is known already; what only looks like an address is a tag as well."""
    far, near = Endpoint("db", "", "::1", 5432), Endpoint("front", "10.0.0.1")
    [server] = split(note(0, "sr"), tags=(V1Tag("sa", True, far), V1Tag("ca", True, BACK)))
    assert server.tags == {"zipkin.sa": "db [::1]:5432"}
    [own] = split(note(0, "sr"), tags=(V1Tag("sa", True, near), V1Tag("ca", "10.0.0.7", FRONT)))
    assert own.tags == {"ca": "10.0.0.7"}


def test_a_second_core_annotation_stays_an_annotation() -> None:
    """A client that sent twice."""
    [client] = split(note(0, "cs"), note(4, "cs"), note(9, "cr"))
    assert (client.annotations, client.duration_us) == ([Annotation(T + 4, "cs")], 9)


def test_times_that_differ_by_rounding_are_the_same() -> None:
    """A client that cuts its times to microseconds one by one says the end twice."""
    [client] = split(note(0, "cs"), note(9, "cr"), timestamp_us=T, duration_us=8)
    assert (client.duration_us, client.annotations) == (8, [])
