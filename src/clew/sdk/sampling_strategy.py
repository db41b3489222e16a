"""What a server of Jaeger's remote sampling says how to sample.

Source: jaeger-idl, proto/api_v2/sampling.proto, as protobuf's JSON; what isn't there is 0.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clew.errors import MalformedInput

_RATE_LIMITING = ("RATE_LIMITING", 1)


@dataclass(frozen=True, slots=True)
class OperationStrategies:
    """A probability by operation, `default_probability` for others, and traces per second to keep of each at least."""

    default_probability: float
    lower_bound_per_s: float
    by_operation: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ProbabilisticStrategy:
    """A share of the traces, 0 to 1."""

    probability: float


@dataclass(frozen=True, slots=True)
class RateLimitingStrategy:
    """So many traces per second in each process."""

    traces_per_s: float


Strategy = OperationStrategies | ProbabilisticStrategy | RateLimitingStrategy


def read_strategy(answer: bytes) -> Strategy:
    """The strategies by operation, where there are any. Raises MalformedInput for what is no answer at all."""
    try:
        members = json.loads(answer)
        operations = members.get("operationSampling")
        if operations is not None:
            return _operations(operations)
        return _of_service(members)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"the answer is no sampling strategy: {error!r}; is it the port of remote sampling?"
        raise MalformedInput(reason) from None


def _of_service(members: Mapping[str, Any]) -> Strategy:
    limit, rate = members.get("rateLimitingSampling"), members.get("probabilisticSampling")
    if limit is not None and (rate is None or members.get("strategyType") in _RATE_LIMITING):
        return RateLimitingStrategy(_per_second(limit.get("maxTracesPerSecond", 0)))
    if rate is None:
        raise ValueError("it says nothing of sampling")
    return ProbabilisticStrategy(_probability(rate.get("samplingRate", 0)))


def _operations(members: Mapping[str, Any]) -> OperationStrategies:
    by_operation = {
        str(each["operation"]): _probability(each["probabilisticSampling"].get("samplingRate", 0))
        for each in members.get("perOperationStrategies") or ()
    }
    return OperationStrategies(
        _probability(members.get("defaultSamplingProbability", 0)),
        _per_second(members.get("defaultLowerBoundTracesPerSecond", 0)),
        by_operation,
    )


def _probability(value: Any) -> float:
    number = float(value)
    if not 0 <= number <= 1:
        raise ValueError(f"{number} is no probability")
    return number


def _per_second(value: Any) -> float:
    number = float(value)
    if not 0 <= number < math.inf:
        raise ValueError(f"{number} is no rate")
    return number
