import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.sdk.probabilistic_sampler import ProbabilisticSampler
from clew.sdk.sampler import TraceIdRatioBased
from tests.sdk.parent_contexts import NO_PARENT


@given(st.floats(0, 1), st.integers(1, (1 << 128) - 1))
def test_the_traces_are_those_of_the_specifications_sampler(rate: float, trace_id: int) -> None:
    """Services with one and with the other agree, and a root tells the rate."""
    tags = ProbabilisticSampler(rate).choose(trace_id, "name")
    expected = TraceIdRatioBased(rate).should_sample(NO_PARENT, trace_id, "name").decision.is_sampled()
    assert (tags is not None) is expected
    assert tags is None or dict(tags) == {"sampler.type": "probabilistic", "sampler.param": rate}


def test_the_rate_is_a_number_with_a_point() -> None:
    """1 is 1.0, which is what the store reads."""
    tags = ProbabilisticSampler(1).choose(1, "name")
    assert tags is not None
    assert type(tags["sampler.param"]) is float


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_refused(rate: float) -> None:
    """With the number."""
    with pytest.raises(ValueError, match="from 0 to 1"):
        ProbabilisticSampler(rate)
