from clew.sdk.rate_limiting_sampler import RateLimitingSampler
from tests.sdk.parent_contexts import StandingClock


def test_so_many_traces_per_second_and_no_more() -> None:
    """Each of them tells the limit."""
    clock = StandingClock()
    sampler = RateLimitingSampler(3, clock)
    while sampler.choose(1, "name") is not None:  # what chance gave it at the start
        pass
    clock.now_s += 1
    kept = [tags for tags in (sampler.choose(1, "name") for _ in range(10)) if tags is not None]
    assert [dict(tags) for tags in kept] == [{"sampler.type": "ratelimiting", "sampler.param": 3.0}] * 3
    assert (sampler.traces_per_s, sampler.get_description()) == (3, "RateLimitingSampler{3}")
