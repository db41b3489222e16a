from clew.sdk.const_sampler import ConstSampler
from clew.sdk.sampler import Decision
from tests.sdk.parent_contexts import NO_PARENT


def test_all_or_none() -> None:
    """Whatever the trace's id."""
    for trace_id in (1, 1 << 63, (1 << 128) - 1):
        assert ConstSampler(True).should_sample(NO_PARENT, trace_id, "a").decision is Decision.RECORD_AND_SAMPLE
        assert ConstSampler(False).should_sample(NO_PARENT, trace_id, "a").decision is Decision.DROP
    assert ConstSampler(False).get_description() == "ConstSampler{False}"
