import pytest

from clew.sampling.strategy import (
    BUILT_IN,
    DEFAULT_PROBABILITY,
    Adaptive,
    Choice,
    Probabilistic,
    RateLimiting,
    Strategies,
    Strategy,
    choose,
)

HALF, TENTH = Probabilistic(0.5), Probabilistic(0.1)


def test_without_any_strategy_the_built_in_one_holds() -> None:
    """A thousandth, as by Jaeger."""
    assert choose("shop", []) == Choice(BUILT_IN, DEFAULT_PROBABILITY)
    assert choose("shop", [Strategies()]).strategy.sampler == Probabilistic(0.001)


@pytest.mark.parametrize(
    ("api", "file", "expected"),
    [
        (Strategies(Strategy(HALF)), Strategies(Strategy(TENTH)), HALF),
        (Strategies(), Strategies(Strategy(TENTH)), TENTH),
        (Strategies(None, {"shop": Strategy(HALF)}), Strategies(None, {"shop": Strategy(TENTH)}), HALF),
        (Strategies(Strategy(HALF)), Strategies(None, {"shop": Strategy(TENTH)}), TENTH),
        (Strategies(Strategy(HALF)), Strategies(None, {"other": Strategy(TENTH)}), HALF),
    ],
    ids=["both defaults", "no API", "both name it", "the file names it", "the file names another"],
)
def test_precedence(api: Strategies, file: Strategies, expected: Probabilistic) -> None:
    """The service's own strategy before any default, and then the earlier source."""
    assert choose("shop", [api, file]).strategy.sampler == expected


def test_the_operations_of_the_default_hold_as_well() -> None:
    """Those of the service come first and win; the bound of the default holds when the service has none."""
    default = Strategy(TENTH, {"/health": Probabilistic(0), "/pay": TENTH}, 2.0)
    own = Strategy(HALF, {"/pay": Probabilistic(1)})
    chosen = choose("shop", [Strategies(default, {"shop": own})])
    assert list(chosen.strategy.operations.items()) == [("/pay", Probabilistic(1)), ("/health", Probabilistic(0))]
    assert chosen.strategy.lower_bound_per_s == 2.0
    assert chosen.default_probability == 0.5


def test_a_rate_limit_with_operations() -> None:
    """Other operations have the default strategy's probability, or a thousandth beside operations of its own."""
    default = Strategy(Probabilistic(0.2), {"/health": TENTH})
    limited = choose("shop", [Strategies(default, {"shop": Strategy(RateLimiting(3))})])
    assert (limited.strategy.sampler, limited.default_probability) == (RateLimiting(3), 0.2)
    own = choose("shop", [Strategies(default, {"shop": Strategy(RateLimiting(3), {"/pay": HALF})})])
    assert own.default_probability == DEFAULT_PROBABILITY


def test_adaptive_by_one_operation() -> None:
    """One such operation is enough for its root spans to be counted."""
    assert Strategy(HALF, {"/pay": Adaptive(1)}).is_adaptive
    assert Strategy(Adaptive(1)).is_adaptive
    assert not Strategy(HALF, {"/pay": TENTH}).is_adaptive
