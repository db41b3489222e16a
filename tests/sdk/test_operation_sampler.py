from clew.sdk.operation_sampler import GuaranteedThroughputSampler, PerOperationSampler
from clew.sdk.rate_limiter import RateLimiter
from clew.sdk.sampling_strategy import OperationStrategies
from tests.sdk.parent_contexts import StandingClock

_LOW, _HIGH = 1, (1 << 64) - 1
"""Ids of traces that any probability keeps, and that none does but 1."""


def _guaranteed(rate: float, clock: StandingClock) -> GuaranteedThroughputSampler:
    return GuaranteedThroughputSampler(rate, RateLimiter(1, clock, lambda: 1.0))


def test_what_probability_drops_is_kept_once_in_a_while() -> None:
    """It tells that it stands for no number of traces: `lowerbound`, and by which probability it was dropped."""
    clock = StandingClock()
    sampler = _guaranteed(0.1, clock)
    kept = sampler.choose(_HIGH, "name")
    assert kept is not None
    assert dict(kept) == {"sampler.type": "lowerbound", "sampler.param": 0.1}
    assert sampler.choose(_HIGH, "name") is None
    clock.now_s += 1
    assert sampler.choose(_HIGH, "name") is not None


def test_what_probability_keeps_counts_for_the_lower_bound() -> None:
    """An operation that is kept often enough gets nothing on top."""
    sampler = _guaranteed(0.1, StandingClock())
    kept = sampler.choose(_LOW, "name")
    assert kept is not None
    assert kept["sampler.type"] == "probabilistic"
    assert sampler.choose(_HIGH, "name") is None


def _types(sampler: PerOperationSampler, operation: str, trace_id: int = _HIGH, tries: int = 3) -> set[object]:
    chosen = [sampler.choose(trace_id, operation) for _ in range(tries)]
    return {tags["sampler.type"] if tags else None for tags in chosen}


def test_each_operation_has_its_probability() -> None:
    """Others have the default one."""
    sampler = PerOperationSampler(OperationStrategies(0, 0, {"all": 1, "half": 0.5}))
    assert _types(sampler, "all") == {"probabilistic"}
    assert _types(sampler, "half") == {None}
    assert _types(sampler, "half", _LOW) == {"probabilistic"}
    assert _types(sampler, "other", _LOW) == {None}


def test_operations_that_nobody_named_have_a_lower_bound_each() -> None:
    """Up to a number of them; beyond it there is the default probability only, so that names with ids cost nothing."""
    sampler = PerOperationSampler(OperationStrategies(0, 1000, {}), most_operations=2)
    assert _types(sampler, "a", tries=1000) >= {"lowerbound"}
    assert _types(sampler, "b", tries=1000) >= {"lowerbound"}
    assert _types(sampler, "c", tries=1000) == {None}
    assert set(sampler.by_operation) == {"a", "b"}


def test_new_strategies_are_no_new_credits() -> None:
    """An operation that has spent its own starts the new strategy with none, whether it is named or not."""
    before = PerOperationSampler(OperationStrategies(0, 1e-6, {"named": 0}))
    for operation in ("named", "met"):
        before.choose(_HIGH, operation)  # whatever chance gave it
        before.by_operation[operation].lower_bound.spend()
    limiters = {name: each.lower_bound for name, each in before.by_operation.items()}
    after = PerOperationSampler(OperationStrategies(0.25, 1e-7, {"named": 0.5}), before)
    assert {name: each.lower_bound for name, each in after.by_operation.items()} == limiters
    assert {name: each.rate for name, each in after.by_operation.items()} == {"named": 0.5, "met": 0.25}
    assert {limiter.credits_per_s for limiter in limiters.values()} == {1e-7}
    assert after.get_description() == "PerOperationSampler{2,0.25,1e-07}"
    assert after.by_operation["named"].get_description() == "GuaranteedThroughputSampler{0.5,1e-07}"
