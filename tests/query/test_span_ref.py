import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

from clew.errors import BadQuery
from clew.query.span_ref import keep_one, parse_ref, write_ref


@pytest.mark.parametrize(("number", "twin"), [(1, 0), (2**64 - 1, 1), (0xABC, 999_999_999)])
def test_a_ref_can_be_read_again(number: int, twin: int) -> None:
    """What is written is what is read."""
    assert parse_ref(write_ref(number, twin)) == (number.to_bytes(8, "big"), twin)


@pytest.mark.parametrize(
    "ref", ["", "12", "g" * 16, "0" * 17, "0" * 16 + "~", "0" * 16 + "~x", "0" * 16 + "~" + "9" * 10]
)
def test_what_is_no_ref_is_refused(ref: str) -> None:
    """The refusal names the parameter."""
    with pytest.raises(BadQuery, match="span: "):
        parse_ref(ref)


def _twins() -> TracesData:
    data = TracesData()
    for start_ns in (7, 3):
        scoped = data.resource_spans.add().scope_spans.add()
        scoped.spans.append(Span(start_time_unix_nano=start_ns, end_time_unix_nano=start_ns + 1))
    data.resource_spans[1].scope_spans[0].spans.append(Span(start_time_unix_nano=7, end_time_unix_nano=6))
    return data


@pytest.mark.parametrize(("twin", "kept"), [(0, (3, 4)), (1, (7, 6)), (2, (7, 8))])
def test_one_of_the_twins_is_kept(twin: int, kept: tuple[int, int]) -> None:
    """By start, then by length, with nothing but its own resource and scope."""
    data = _twins()
    assert keep_one(data, twin)
    ((span,),) = [[span for block in data.resource_spans for scoped in block.scope_spans for span in scoped.spans]]
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == kept
    assert len(data.resource_spans) == 1


def test_a_twin_that_is_not_there_is_noticed() -> None:
    """Of three spans there is no fourth, and nothing is left."""
    assert not keep_one(data := _twins(), 3)
    assert not data.resource_spans
