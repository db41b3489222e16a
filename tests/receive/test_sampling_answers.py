from clew.receive.sampling_answers import BuiltInAnswers
from clew.sampling.answer import Answer


def test_without_strategies_all_are_told_the_same() -> None:
    """A thousandth, as by Jaeger."""
    assert BuiltInAnswers().answer("shop", "http") == BuiltInAnswers().answer("", "grpc") == Answer(0.001)
