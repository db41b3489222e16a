from opentelemetry.trace import INVALID_SPAN_CONTEXT, SpanContext

from clew.sdk.ot_trace_state import NOTHING, OtEntry
from clew.sdk.sampling_intent import DROPPING, SamplingQuestion


def _question(entry: OtEntry, parent: SpanContext = INVALID_SPAN_CONTEXT) -> SamplingQuestion:
    return SamplingQuestion(None, parent, (1 << 127) | 0xAB_CD12_3456_789A_BCDE, "name", None, None, None, entry)


def test_randomness_is_the_explicit_one_or_the_end_of_the_trace_id() -> None:
    """56 bits, whatever is before them; an explicit 0 is one as well."""
    assert _question(NOTHING).randomness == 0xCD12_3456_789A_BCDE & ((1 << 56) - 1)
    assert _question(OtEntry(None, 0)).randomness == 0


def test_a_root_has_no_valid_parent() -> None:
    """A context without ids is none."""
    assert _question(NOTHING).is_root
    assert not _question(NOTHING, SpanContext(1, 2, True)).is_root


def test_dropping_tells_no_number() -> None:
    """What is dropped stands for nothing."""
    assert (DROPPING.threshold, DROPPING.is_reliable) == (None, False)
