from hypothesis import given
from hypothesis import strategies as st

from clew.sdk.propagation.skywalking_ids import MOST_CHARS, segment_of, span_id_of, trace_id_of
from clew.wire import skywalking_ids as server

_UUIDS = st.uuids().map(str) | st.uuids().map(lambda uuid: uuid.hex.upper())
_TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=MOST_CHARS)


@given(_UUIDS | _TEXTS | st.just("0" * 32))
def test_trace_ids_are_those_of_the_server(text: str) -> None:
    """Spans of this library and those of an agent meet in one trace."""
    assert trace_id_of(text).to_bytes(16) == server.trace_id_of(text)
    assert MOST_CHARS == server.MAX_ID_CHARACTERS


@given(_UUIDS | _TEXTS | st.from_regex("[0-9a-f]{16}|0{16}", fullmatch=True), st.integers(0, 3))
def test_span_ids_are_those_of_the_server(segment_id: str, number: int) -> None:
    """A span here that an agent called is below that agent's span, and the other way round."""
    assert span_id_of(segment_id, number).to_bytes(8) == server.span_id_of(segment_id, number) != bytes(8)


@given(st.integers(1, 2**64 - 1))
def test_a_span_has_a_segment_that_names_it(span_id: int) -> None:
    """Only its first span is that one."""
    assert span_id_of(segment_of(span_id), 0) == span_id != span_id_of(segment_of(span_id), 1)
