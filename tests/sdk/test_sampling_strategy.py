import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import MalformedInput
from clew.sampling.answer import Answer, OperationSampling, to_json
from clew.sdk.sampling_strategy import (
    OperationStrategies,
    ProbabilisticStrategy,
    RateLimitingStrategy,
    Strategy,
    read_strategy,
)

_PROBABILITIES = st.floats(0, 1)


def _read(members: Any) -> Strategy:
    return read_strategy(json.dumps(members).encode())


@given(_PROBABILITIES, st.integers(0, 2**31 - 1), _PROBABILITIES, st.dictionaries(st.text(), _PROBABILITIES))
def test_what_the_server_writes_is_read(
    probability: float, limit: int, bound_per_s: float, by_operation: dict[str, float]
) -> None:
    """Each of the three kinds of answer, with the same numbers."""
    operations = OperationSampling(probability, bound_per_s, by_operation)
    assert read_strategy(to_json(Answer(probability))) == ProbabilisticStrategy(probability)
    assert read_strategy(to_json(Answer(max_traces_per_s=limit))) == RateLimitingStrategy(limit)
    expected = OperationStrategies(probability, bound_per_s, by_operation)
    assert read_strategy(to_json(Answer(0.5, None, operations))) == expected


@pytest.mark.parametrize("kind", ["RATE_LIMITING", 1])
def test_kinds_are_names_or_numbers(kind: object) -> None:
    """Of two members, the kind says which holds."""
    both = {"probabilisticSampling": {"samplingRate": 0.5}, "rateLimitingSampling": {"maxTracesPerSecond": 7}}
    assert _read({"strategyType": kind, **both}) == RateLimitingStrategy(7)
    assert _read({"strategyType": "PROBABILISTIC", **both}) == ProbabilisticStrategy(0.5)
    assert _read({"strategyType": 0, **both}) == ProbabilisticStrategy(0.5)


def test_what_is_left_out_is_zero() -> None:
    """As protobuf's JSON means it, and null is nothing."""
    assert _read({"probabilisticSampling": {}, "operationSampling": None}) == ProbabilisticStrategy(0)
    assert _read({"rateLimitingSampling": {}}) == RateLimitingStrategy(0)
    assert _read({"operationSampling": {}}) == OperationStrategies(0, 0, {})


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"no",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"probabilisticSampling":{"samplingRate":1.5}}',
        b'{"probabilisticSampling":{"samplingRate":NaN}}',
        b'{"probabilisticSampling":{"samplingRate":"x"}}',
        b'{"probabilisticSampling":7}',
        b'{"rateLimitingSampling":{"maxTracesPerSecond":-1}}',
        b'{"rateLimitingSampling":{"maxTracesPerSecond":Infinity}}',
        b'{"operationSampling":{"perOperationStrategies":[{"operation":"a"}]}}',
        b'{"operationSampling":{"perOperationStrategies":7}}',
    ],
)
def test_what_is_no_strategy_is_refused(answer: bytes) -> None:
    """As one error, that says what to look at."""
    with pytest.raises(MalformedInput, match="port of remote sampling"):
        read_strategy(answer)
