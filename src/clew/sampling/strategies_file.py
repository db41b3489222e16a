"""Reads the strategies that people write: Jaeger's JSON, and two things more (`adaptive`, and a lower bound)."""

from typing import Any

import orjson

from clew.errors import InputTooLarge, MalformedInput
from clew.sampling.strategy import (
    Adaptive,
    OperationSampler,
    Probabilistic,
    RateLimiting,
    Sampler,
    Strategies,
    Strategy,
)

MAX_BYTES = 4 << 20
"""A service with two hundred operations takes 20 kB."""
MAX_TARGET_PER_S = 1e6
_MAX_INT32 = 2**31 - 1
_MAX_NAME = 1000
_BOUND = "lower_bound_traces_per_second"
_SAMPLER_KEYS = ("type", "param")
_STRATEGY_KEYS = (*_SAMPLER_KEYS, "operation_strategies", _BOUND)


def parse_strategies(text: bytes) -> Strategies:
    """The strategies in a file or a request; raises MalformedInput that names the place, InputTooLarge."""
    if len(text) > MAX_BYTES:
        raise InputTooLarge(f"strategies of {len(text)} bytes are too many; {MAX_BYTES} are the most")
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise MalformedInput(f"the strategies are no JSON: {error}") from None
    return read_strategies(document)


def read_strategies(document: object) -> Strategies:
    """The same from parsed JSON."""
    top = _read_object(document, "the document", ("default_strategy", "service_strategies"))
    default = top.get("default_strategy")
    return Strategies(
        None if default is None else read_strategy(default, "default_strategy"),
        _read_services(top.get("service_strategies")),
    )


def read_strategy(document: object, place: str) -> Strategy:
    """One strategy from parsed JSON; `place` is where messages say it is."""
    return _read_strategy(_read_object(document, place, _STRATEGY_KEYS), place)


def _read_services(document: object) -> dict[str, Strategy]:
    services: dict[str, Strategy] = {}
    for number, each in enumerate(_read_list(document, "service_strategies")):
        place = f"service_strategies[{number}]"
        entry = _read_object(each, place, ("service", *_STRATEGY_KEYS))
        name = _read_name(entry, "service", place)
        if name in services:
            raise MalformedInput(f"{place}.service: {name!r} is there already; write one strategy for each service")
        services[name] = _read_strategy(entry, place)
    return services


def _read_strategy(entry: dict[str, Any], place: str) -> Strategy:
    bound = entry.get(_BOUND)
    return Strategy(
        _read_sampler(entry, place),
        _read_operations(entry.get("operation_strategies"), f"{place}.operation_strategies"),
        None if bound is None else _read_number(bound, f"{place}.{_BOUND}", 0, MAX_TARGET_PER_S),
    )


def _read_operations(document: object, place: str) -> dict[str, OperationSampler]:
    operations: dict[str, OperationSampler] = {}
    for number, each in enumerate(_read_list(document, place)):
        here = f"{place}[{number}]"
        entry = _read_object(each, here, ("operation", *_SAMPLER_KEYS))
        name = _read_name(entry, "operation", here)
        if name in operations:
            raise MalformedInput(f"{here}.operation: {name!r} is there already; write one strategy for each operation")
        sampler = _read_sampler(entry, here)
        if isinstance(sampler, RateLimiting):
            raise MalformedInput(
                f"{here}.type: clients can't limit the rate of one operation; write probabilistic or adaptive, "
                "or limit the service"
            )
        operations[name] = sampler
    return operations


def _read_sampler(entry: dict[str, Any], place: str) -> Sampler:
    kind = entry.get("type")
    if kind not in ("probabilistic", "ratelimiting", "adaptive", "const"):
        raise MalformedInput(f"{place}.type: {kind!r} is none; write probabilistic, ratelimiting, adaptive or const")
    if "param" not in entry:
        raise MalformedInput(f"{place}.param is missing; write what {kind} takes")
    param, here = entry["param"], f"{place}.param"
    if kind == "ratelimiting":
        return RateLimiting(int(_read_whole(param, here, _MAX_INT32)))
    if kind == "adaptive":
        target = _read_number(param, here, 0, MAX_TARGET_PER_S)
        if target == 0:
            raise MalformedInput(f"{here} is 0; write how many traces per second shall come of each operation")
        return Adaptive(target)
    if kind == "const":
        return Probabilistic(_read_whole(param, here, 1))
    return Probabilistic(_read_number(param, here, 0, 1))


def _read_whole(value: object, place: str, most: int) -> float:
    number = _read_number(value, place, 0, most)
    if number != int(number):
        raise MalformedInput(f"{place}: {value!r} is no whole number; write one from 0 to {most}")
    return number


def _read_number(value: object, place: str, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        shown = "a value" if isinstance(value, dict | list) else repr(value)[:80]
        raise MalformedInput(f"{place}: {shown} does not do; write a number from {least:g} to {most:g}")
    return float(value)


def _read_name(entry: dict[str, Any], key: str, place: str) -> str:
    name = entry.get(key)
    if not isinstance(name, str) or not 0 < len(name) <= _MAX_NAME:
        raise MalformedInput(f"{place}.{key} must be a name of 1 to {_MAX_NAME} characters")
    return name


def _read_list(value: object, place: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise MalformedInput(f"{place} must be a list: [...]")
    return value


def _read_object(value: object, place: str, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MalformedInput(f"{place} must be an object: {{...}}")
    for key in value:
        if key not in known:
            raise MalformedInput(f"{place} has {key[:80]!r}, which means nothing; there are: {', '.join(known)}")
    return value
