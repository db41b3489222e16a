from clew.wire.zipkin_shared import separate_halves, server_half_id
from clew.wire.zipkin_span import CLIENT, CONSUMER, SERVER, Endpoint, ZipkinSpan

TRACE, SHARED, CHILD, ROOT = b"trace" * 3 + b"!", b"shared-1", b"child--1", b"root---1"


def span(span_id: bytes, service: str, parent: bytes = b"", kind: int = 0, shared: bool = False) -> ZipkinSpan:
    """A span of the one trace."""
    return ZipkinSpan(TRACE, span_id, parent, kind, local=Endpoint(service), is_shared=shared)


def family(*spans: ZipkinSpan) -> list[tuple[bytes, bytes]]:
    """(id, parent) of each, once the halves are apart."""
    separate_halves(spans)
    return [(each.span_id, each.parent_id) for each in spans]


def test_the_halves_of_a_call_are_parent_and_child() -> None:
    """The client keeps the id; the server gets its own, and its old parent is kept beside."""
    server = span(SHARED, "backend", ROOT, SERVER, shared=True)
    new = server_half_id(SHARED, "backend")
    assert family(span(SHARED, "frontend", ROOT, CLIENT), server) == [(SHARED, ROOT), (new, SHARED)]
    assert server.joined_parent_id == ROOT
    assert new not in (SHARED, server_half_id(SHARED, "other"), server_half_id(ROOT, "backend"))


def test_the_order_does_not_matter() -> None:
    """Children come before their parents, for they end first."""
    new = server_half_id(SHARED, "backend")
    child, server = span(CHILD, "backend", SHARED), span(SHARED, "backend", ROOT, SERVER, shared=True)
    assert family(child, server) == [(CHILD, new), (new, SHARED)]


def test_a_server_half_alone_gets_the_same_id() -> None:
    """The client's half comes from another process, in another list."""
    assert family(span(SHARED, "backend", b"", SERVER, shared=True)) == [(server_half_id(SHARED, "backend"), SHARED)]


def test_children_go_to_the_half_of_their_service() -> None:
    """Those of the client's process stay below the client, those of a third service too."""
    new = server_half_id(SHARED, "backend")
    server = span(SHARED, "backend", ROOT, SERVER, shared=True)
    children = [span(CHILD, name, SHARED) for name in ("backend", "frontend", "third", "")]
    assert [parent for _, parent in family(server, *children)] == [SHARED, new, SHARED, SHARED, SHARED]


def test_two_servers_that_answered_one_call_stay_two() -> None:
    """A client that asked again under one id: each server has its half and its children."""
    one, other = (server_half_id(SHARED, name) for name in ("one", "other"))
    spans = [span(SHARED, name, ROOT, SERVER, shared=True) for name in ("one", "other")]
    children = [span(CHILD, name, SHARED) for name in ("one", "other")]
    assert family(*spans, *children) == [(one, SHARED), (other, SHARED), (CHILD, one), (CHILD, other)]


def test_a_child_that_is_a_half_itself_keeps_its_client_as_parent() -> None:
    """A server calls itself: the inner half hangs on the inner call, which hangs on the outer half."""
    outer, inner = server_half_id(SHARED, "a"), server_half_id(CHILD, "a")
    spans = [
        span(SHARED, "a", ROOT, SERVER, shared=True),
        span(CHILD, "a", SHARED, CLIENT),
        span(CHILD, "a", SHARED, SERVER, shared=True),
    ]
    assert family(*spans) == [(outer, SHARED), (CHILD, outer), (inner, CHILD)]


def test_a_missing_mark_is_seen_beside_the_client() -> None:
    """Some servers join a span and don't say so; without the client it can't be known."""
    half = server_half_id(SHARED, "backend")
    assert family(span(SHARED, "backend", ROOT, SERVER), span(SHARED, "frontend", ROOT, CLIENT)) == [
        (half, SHARED),
        (SHARED, ROOT),
    ]
    assert family(span(SHARED, "backend", ROOT, SERVER)) == [(SHARED, ROOT)]


def test_marks_where_none_belong() -> None:
    """A client started its span, whatever the mark says; a consumer with the mark did not."""
    assert family(span(SHARED, "frontend", ROOT, CLIENT, shared=True)) == [(SHARED, ROOT)]
    assert family(span(SHARED, "x", ROOT, CONSUMER, shared=True)) == [(server_half_id(SHARED, "x"), SHARED)]


def test_another_trace_with_the_same_ids_is_left_alone() -> None:
    """Ids are unique within a trace only."""
    other = ZipkinSpan(b"another trace!!!", CHILD, SHARED, local=Endpoint("backend"))
    assert family(span(SHARED, "backend", ROOT, SERVER, shared=True), other)[1] == (CHILD, SHARED)
