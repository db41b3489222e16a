import pytest

from clew.errors import InputTooLarge, MalformedInput
from clew.wire.skywalking_ids import MAX_ID_CHARACTERS, check_id, check_length, span_id_of, trace_id_of
from tests.wire.skywalking_samples import JAVA_TRACE, UUID_TRACE


@pytest.mark.parametrize("text", [UUID_TRACE, UUID_TRACE.replace("-", ""), UUID_TRACE.upper()])
def test_a_uuid_is_the_trace_id(text: str) -> None:
    """Whoever has the UUID from a log line finds the trace by it, however it is written."""
    assert trace_id_of(text).hex() == UUID_TRACE.replace("-", "")


@pytest.mark.parametrize("text", [JAVA_TRACE, "1", "0" * 32, "é", "g" * 32, "a-b"])
def test_anything_else_is_hashed(text: str) -> None:
    """Any text has a valid id of its own, the same each time; that of zeros isn't zero."""
    assert len(trace_id_of(text)) == 16
    assert any(trace_id_of(text))
    assert trace_id_of(text) == trace_id_of(text) != trace_id_of(text + "0")


def test_ids_are_the_same_in_every_version() -> None:
    """Ids of traces that are stored already must be found by spans that come later, from another version of Clew."""
    assert trace_id_of(JAVA_TRACE).hex() == "9a2b798c2f993031f44c965c5c9dd657"
    assert span_id_of(JAVA_TRACE, 1).hex() == "1c48bb898bdb9048"


def test_spans_of_segments_that_follow_each_other_differ() -> None:
    """Agents count segments up, so that ids which mix numbers by exclusive or would meet; a thousand here don't."""
    segments = [f"56a5e1c519ae4c76a2b8b11d92cead7f.12.{16563474296430000 + number}" for number in range(100)]
    assert len({span_id_of(segment, number) for segment in segments for number in range(10)}) == 1000


def test_a_segment_that_is_called_like_a_span_is_that_span() -> None:
    """Clew's client library has no segments and names its spans so; other numbers, cases and zeros are hashed."""
    assert span_id_of("b7ad6b7169203331", 0).hex() == "b7ad6b7169203331"
    for segment_id, number in (("b7ad6b7169203331", 1), ("B7AD6B7169203331", 0), ("b7ad6b716920333", 0), ("0" * 16, 0)):
        assert span_id_of(segment_id, number).hex() != segment_id
        assert any(span_id_of(segment_id, number))


def test_an_id_must_be_there_and_short() -> None:
    """Without ids spans can't be told apart, and a long one would be stored with each span."""
    assert check_id(JAVA_TRACE, "traceId") is JAVA_TRACE
    assert check_length("", "traceId") == ""
    with pytest.raises(MalformedInput, match="no traceSegmentId"):
        check_id("", "traceSegmentId")
    for check in (check_id, check_length):
        with pytest.raises(InputTooLarge, match=r"traceId has 257 characters"):
            check("x" * (MAX_ID_CHARACTERS + 1), "traceId")
