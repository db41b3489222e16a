from clew.sampling.answer import Answer, OperationSampling
from clew.sampling.resolution import resolve, target_of
from clew.sampling.settings import SamplingSettings
from clew.sampling.strategies_file import read_strategies
from clew.sampling.strategy import Adaptive, Probabilistic, RateLimiting, Strategies, Strategy, choose

SETTINGS = SamplingSettings()


def answer(strategy: Strategy, learned: dict[str, float] | None = None) -> Answer:
    """What a service with this strategy is told."""
    return resolve(choose("shop", [Strategies(strategy)]), learned or {}, SETTINGS)


def test_plain_samplers() -> None:
    """Neither has operations."""
    assert answer(Strategy(Probabilistic(0.5))) == Answer(0.5)
    assert answer(Strategy(RateLimiting(3))) == Answer(None, 3)


def test_a_lower_bound_alone_needs_operations() -> None:
    """There is no other place for it in the answer."""
    bounded = answer(Strategy(Probabilistic(0.5), lower_bound_per_s=0.1))
    assert bounded == Answer(0.5, None, OperationSampling(0.5, 0.1, {}))


def test_adaptive_answers_have_what_was_learned() -> None:
    """Fixed operations stay as they are, unseen ones get the initial probability, and a bound is always there."""
    strategy = Strategy(Adaptive(1), {"/health": Probabilistic(0), "/pay": Adaptive(5), "/new": Adaptive(5)})
    told = answer(strategy, {"/health": 0.7, "/pay": 0.2, "/": 0.3})
    expected = {"/health": 0, "/pay": 0.2, "/new": SETTINGS.initial_probability, "/": 0.3}
    bound = SETTINGS.min_samples_per_s
    assert told == Answer(None, None, OperationSampling(SETTINGS.initial_probability, bound, expected))


def test_one_adaptive_operation_beside_a_fixed_probability() -> None:
    """What was learned of other operations, when they were adaptive, is not told."""
    told = answer(Strategy(Probabilistic(0.5), {"/pay": Adaptive(5)}), {"/pay": 0.2, "/": 0.3})
    assert told.operations == OperationSampling(0.5, SETTINGS.min_samples_per_s, {"/pay": 0.2})


def test_targets() -> None:
    """An operation's own target, else the service's, else none."""
    strategy = Strategy(Adaptive(1), {"/health": Probabilistic(0), "/pay": Adaptive(5)})
    assert [target_of(strategy, name) for name in ("/", "/pay", "/health")] == [1, 5, None]
    assert target_of(Strategy(Probabilistic(1)), "/") is None


def test_answers_as_from_jaeger() -> None:
    """A service with a rate limit, and a default with operations: both, as Jaeger tells clients."""
    strategies = read_strategies(
        {
            "default_strategy": {
                "type": "probabilistic",
                "param": 0.2,
                "operation_strategies": [{"operation": "/health", "type": "probabilistic", "param": 0.1}],
            },
            "service_strategies": [{"service": "b", "type": "ratelimiting", "param": 3}],
        }
    )
    told = resolve(choose("b", [strategies]), {}, SETTINGS)
    assert told == Answer(None, 3, OperationSampling(0.2, 0.0, {"/health": 0.1}))
