"""What a client is told, in the two forms that clients of Jaeger's remote sampling read."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from clew.errors import MalformedInput
from clew.wire.otlp_pieces import read_fields, write_varint

_LENGTH_DELIMITED = 2
_SMALLEST_PLAIN = 1e-6
"""Go, which clients' parsers were tried with, writes smaller numbers with an exponent."""


@dataclass(frozen=True, slots=True)
class OperationSampling:
    """A probability by operation; `default_probability` for the others, each of which every process of the service
    keeps at least `lower_bound_per_s` traces per second of.
    """

    default_probability: float
    lower_bound_per_s: float
    by_operation: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the first two, or `operations`, which clients look for first."""

    probability: float | None = None
    max_traces_per_s: int | None = None
    operations: OperationSampling | None = None


def to_json(answer: Answer) -> bytes:
    """As protobuf's JSON, with defaults and without what is not there; numbers as Go writes them."""
    kind = "PROBABILISTIC" if answer.max_traces_per_s is None else "RATE_LIMITING"
    members = [f'"strategyType":"{kind}"']
    if answer.probability is not None:
        members.append(f'"probabilisticSampling":{_rate_json(answer.probability)}')
    if answer.max_traces_per_s is not None:
        members.append(f'"rateLimitingSampling":{{"maxTracesPerSecond":{answer.max_traces_per_s}}}')
    if answer.operations is not None:
        members.append(f'"operationSampling":{_operations_json(answer.operations)}')
    return f"{{{','.join(members)}}}".encode()


def from_json(body: bytes) -> Answer:
    """What `to_json`, or another server of Jaeger's remote sampling, wrote. Raises MalformedInput for anything else."""
    try:
        members = orjson.loads(body)
        rate, limit = members.get("probabilisticSampling"), members.get("rateLimitingSampling")
        operations = members.get("operationSampling")
        if rate is None and limit is None and operations is None:
            raise ValueError("it says nothing of sampling")
        return Answer(
            None if rate is None else float(rate["samplingRate"]),
            None if limit is None else int(limit["maxTracesPerSecond"]),
            None if operations is None else _operations_from(operations),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MalformedInput(f"the answer is no sampling strategy in JSON: {error!r}") from error


def _operations_from(members: Mapping[str, Any]) -> OperationSampling:
    by_operation = {
        str(each["operation"]): float(each["probabilisticSampling"]["samplingRate"])
        for each in members["perOperationStrategies"]
    }
    default = float(members["defaultSamplingProbability"])
    return OperationSampling(default, float(members["defaultLowerBoundTracesPerSecond"]), by_operation)


def _operations_json(operations: OperationSampling) -> str:
    each = [
        f'{{"operation":{orjson.dumps(name).decode()},"probabilisticSampling":{_rate_json(probability)}}}'
        for name, probability in operations.by_operation.items()
    ]
    return (
        f'{{"defaultSamplingProbability":{_number(operations.default_probability)},'
        f'"defaultLowerBoundTracesPerSecond":{_number(operations.lower_bound_per_s)},'
        f'"perOperationStrategies":[{",".join(each)}],"defaultUpperBoundTracesPerSecond":0}}'
    )


def _rate_json(probability: float) -> str:
    return f'{{"samplingRate":{_number(probability)}}}'


def _number(value: float) -> str:
    if value == int(value):
        return str(int(value))
    if abs(value) < _SMALLEST_PLAIN:
        return repr(value).replace("e-0", "e-")
    return format(Decimal(repr(value)), "f")


def to_protobuf(answer: Answer) -> bytes:
    """An encoded jaeger.api_v2.SamplingStrategyResponse."""
    message = b"" if answer.max_traces_per_s is None else b"\x08\x01"
    if answer.probability is not None:
        message += _message(2, _double(1, answer.probability))
    if answer.max_traces_per_s is not None:
        limit = answer.max_traces_per_s
        message += _message(3, b"\x08" + write_varint(limit) if limit else b"")
    if answer.operations is not None:
        message += _message(4, _operations_protobuf(answer.operations))
    return message


def _operations_protobuf(operations: OperationSampling) -> bytes:
    each = [
        _message(3, _message(1, name.encode()) + _message(2, _double(1, probability)))
        for name, probability in operations.by_operation.items()
    ]
    defaults = _double(1, operations.default_probability) + _double(2, operations.lower_bound_per_s)
    return defaults + b"".join(each)


def _message(number: int, content: bytes) -> bytes:
    return bytes((number << 3 | _LENGTH_DELIMITED,)) + write_varint(len(content)) + content


def _double(number: int, value: float) -> bytes:
    return bytes((number << 3 | 1,)) + struct.pack("<d", value) if value else b""


def service_of(request: bytes) -> str:
    """The service that an encoded jaeger.api_v2.SamplingStrategyParameters asks for; '' when it names none.

    Raises MalformedInput.
    """
    service = b""
    try:
        for field in read_fields(request, 0, len(request)):
            if field.number == 1 and field.wire_type == _LENGTH_DELIMITED:
                service = request[field.content : field.end]
        return service.decode()
    except (MalformedInput, UnicodeDecodeError):
        raise MalformedInput("the request is no jaeger.api_v2.SamplingStrategyParameters") from None
