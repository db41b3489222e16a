import re

import pytest

from clew.model.span_context import SpanContext, span_below

TRACE_ID, CALLER_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def test_a_span_below_a_sampled_caller_is_in_the_callers_trace() -> None:
    """It has an id of its own, and the caller's span is its parent; a later version of the header is understood."""
    for traceparent in (f"00-{TRACE_ID}-{CALLER_ID}-01", f"cc-{TRACE_ID}-{CALLER_ID}-03-what-comes-later"):
        span = span_below(traceparent)
        assert span is not None
        assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE_ID, CALLER_ID)
        assert len(span.span_id) == 8
        assert span.span_id.hex() != CALLER_ID


def test_below_a_caller_that_is_not_sampled_there_is_no_span() -> None:
    """The caller's decision holds."""
    assert span_below(f"00-{TRACE_ID}-{CALLER_ID}-00") is None


@pytest.mark.parametrize(
    "traceparent",
    ["", "nonsense", f"ff-{TRACE_ID}-{CALLER_ID}-01", f"00-{'0' * 32}-{CALLER_ID}-01", f"00-{TRACE_ID}-{'0' * 16}-01"],
)
def test_without_a_good_header_the_span_is_a_root(traceparent: str) -> None:
    """What isn't a traceparent starts a trace of its own."""
    span = span_below(traceparent)
    assert span is not None
    assert (len(span.trace_id), span.parent_span_id) == (16, b"")


def test_the_response_header_names_the_span() -> None:
    """Version, trace, span and the sampled flag, in lower-case hex."""
    header = SpanContext(bytes.fromhex(TRACE_ID), bytes.fromhex(CALLER_ID)).traceresponse
    assert header == f"00-{TRACE_ID}-{CALLER_ID}-01"
    assert re.fullmatch(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", header)
