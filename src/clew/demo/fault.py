"""Faults that a person switches on: `payment=error:0.2`, `inventory=slow:800ms`, `catalog=slow:300ms:0.3`."""

import asyncio
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from opentelemetry import trace

from clew.demo.roster import FAULTABLE
from clew.errors import ConfigurationError
from clew.model.duration import parse_duration_ns

MAX_DELAY_NS = 60_000_000_000
_FORMS = (
    "write SERVICE=error:RATE (payment=error:0.2), SERVICE=slow:DURATION (inventory=slow:800ms) "
    "or SERVICE=slow:DURATION:PROBABILITY (catalog=slow:300ms:0.3)"
)
_FRACTION = re.compile(r"[01]|[01]?\.\d+|1\.0+")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one service: it strikes each operation with `probability` (0 < p <= 1).

    `delay_ns` is 0 for an `error`.
    """

    service: str
    kind: Literal["error", "slow"]
    probability: float
    delay_ns: int = 0


def parse_faults(texts: Sequence[str]) -> tuple[Fault, ...]:
    """The faults in the order given. Raises ConfigurationError that quotes the wrong one and shows the forms."""
    faults: dict[tuple[str, str], Fault] = {}
    for text in texts:
        fault = parse_fault(text)
        if (fault.service, fault.kind) in faults:
            raise _refusal(text, f"{fault.service} already has a fault of kind {fault.kind}; give it once")
        faults[fault.service, fault.kind] = fault
    return tuple(faults.values())


def parse_fault(text: str) -> Fault:
    """One fault. Raises ConfigurationError that quotes the text, names the services and shows the forms."""
    service, separator, effect = text.partition("=")
    if not separator:
        raise _refusal(text, f"it has no '='; {_FORMS}")
    if service not in FAULTABLE:
        raise _refusal(text, f"{service!r} is no service that can fail; those are {', '.join(FAULTABLE)}")
    match effect.split(":"):
        case ["error", rate]:
            return Fault(service, "error", _probability(text, rate))
        case ["slow", delay]:
            return Fault(service, "slow", 1.0, _delay_ns(text, delay))
        case ["slow", delay, probability]:
            return Fault(service, "slow", _probability(text, probability), _delay_ns(text, delay))
        case _:
            raise _refusal(text, f"{effect!r} is no effect; {_FORMS}")


def _probability(text: str, part: str) -> float:
    if not _FRACTION.fullmatch(part) or not 0 < float(part) <= 1:
        raise _refusal(text, f"{part!r} is no share of the operations; write a number above 0 and up to 1, like 0.2")
    return float(part)


def _delay_ns(text: str, part: str) -> int:
    # A bare number would be nanoseconds to parse_duration_ns; nobody who writes slow:800 means that.
    if part.isdigit():
        raise _refusal(text, f"{part!r} has no unit; write {part}ms or {part}s")
    try:
        delay_ns = parse_duration_ns(part)
    except ValueError as error:
        raise _refusal(text, str(error)) from None
    if not 0 < delay_ns <= MAX_DELAY_NS:
        raise _refusal(text, f"{part!r} is not between 1ns and 1m")
    return delay_ns


def _refusal(text: str, reason: str) -> ConfigurationError:
    return ConfigurationError(f"--fault {text}: {reason}")


class FaultPlan:
    """The faults of one service, ready to strike; `failure` makes the exception that an error fault raises."""

    def __init__(self, faults: Sequence[Fault], failure: Callable[[], Exception]) -> None:
        self._faults = tuple(faults)
        self._failure = failure
        self._random = random.Random()

    def strike(self) -> None:
        """Sleep, raise or do nothing, as drawn; marks the current span with `shop.fault`."""
        self._struck(time.sleep)

    async def strike_async(self) -> None:
        """The same without blocking the event loop."""
        delays_s: list[float] = []
        try:
            self._struck(delays_s.append)
        finally:
            await asyncio.sleep(sum(delays_s))

    def _struck(self, pause: Callable[[float], None]) -> None:
        drawn = [fault for fault in self._faults if self._random.random() < fault.probability]
        if not drawn:
            return
        trace.get_current_span().set_attribute("shop.fault", sorted(fault.kind for fault in drawn))
        pause(sum(fault.delay_ns for fault in drawn) / 1e9)
        if any(fault.kind == "error" for fault in drawn):
            raise self._failure()
