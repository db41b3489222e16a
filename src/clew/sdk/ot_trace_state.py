"""The entry `ot` of a trace state: by which threshold a trace was sampled, and by which number it is chosen.

Source: OpenTelemetry's specification, trace/tracestate-handling.md and trace/tracestate-probability-sampling.md. Both
numbers have 56 bits. A trace is kept when its randomness is at least the threshold.
"""

import math
import re
from functools import lru_cache
from typing import NamedTuple

from opentelemetry.trace import TraceState
from opentelemetry.trace.span import DEFAULT_TRACE_STATE

RANDOMNESS_BITS = 56
THRESHOLD_LIMIT = 1 << RANDOMNESS_BITS
RANDOMNESS_MASK = THRESHOLD_LIMIT - 1
_KEY = "ot"
_DIGITS = 14
_PRECISION = 4
"""Digits of a threshold behind those that are all f; what the specification recommends. 1 in 100 is fd70a."""
_MOST_CHARS = 256
_MOST_ENTRIES = 32
_MEMBER = re.compile(r"[a-z][a-z0-9]*:[A-Za-z0-9._-]*")
_THRESHOLD = re.compile(r"[0-9A-Fa-f]{1,14}")
_RANDOMNESS = re.compile(r"[0-9a-f]{14}")


class OtEntry(NamedTuple):
    """What is in the entry; None for a number that isn't there, or isn't one."""

    threshold: int | None = None
    randomness: int | None = None
    rest: tuple[str, ...] = ()
    """Members that aren't about sampling, as they came."""


NOTHING = OtEntry()


def read_entry(state: TraceState | None) -> OtEntry:
    """Members that don't follow the grammar are left out, and so are `th` and `rv` when there are two of one."""
    text = state.get(_KEY) if state else None
    return _parse(text) if text else NOTHING


def write_entry(state: TraceState | None, entry: OtEntry) -> TraceState:
    """The state with this entry in front, or without any when it is empty; the other entries stay in their order.

    Of too many, the last one gives way, as W3C says; of an entry that is too long, the last members that aren't about
    sampling.
    """
    if not state:
        return _alone(entry)
    text = _text(entry)
    if state.get(_KEY, "") == text:
        return state
    others = [(key, value) for key, value in state.items() if key != _KEY]
    return TraceState(([(_KEY, text)] if text else []) + others[: _MOST_ENTRIES - 1])


def without_threshold(state: TraceState | None) -> TraceState | None:
    """For spans that nobody knows the probability of."""
    entry = read_entry(state)
    return state if entry.threshold is None else write_entry(state, entry._replace(threshold=None))


def threshold_of(probability: float) -> int | None:
    """The threshold that keeps this share, rounded to few digits; None keeps nothing.

    Less than 1 in 2**56 is that. Raises ValueError for what is no probability.
    """
    if not 0 <= probability <= 1:
        raise ValueError(f"a probability is from 0 to 1, not {probability}")
    if probability == 0:
        return None
    digits = min(_DIGITS, _PRECISION + math.frexp(probability)[1] // -4)
    unit = 1 << 4 * (_DIGITS - digits)
    exact = THRESHOLD_LIMIT - round(math.ldexp(probability, RANDOMNESS_BITS))
    return min((exact + unit // 2) // unit * unit, RANDOMNESS_MASK)


def threshold_text(threshold: int) -> str:
    """As in `th`: hexadecimal, without zeros at the end."""
    return f"{threshold:014x}".rstrip("0") or "0"


@lru_cache(1024)
def _parse(text: str) -> OtEntry:
    members: dict[str, str] = {}
    twice: set[str] = set()
    for member in text.split(";"):
        key, _, value = member.partition(":")
        if key in members:
            twice.add(key)
        elif _MEMBER.fullmatch(member):
            members[key] = value
    threshold, randomness = (None if key in twice else members.get(key) for key in ("th", "rv"))
    return OtEntry(
        int(threshold.ljust(_DIGITS, "0"), 16) if threshold and _THRESHOLD.fullmatch(threshold) else None,
        int(randomness, 16) if randomness and _RANDOMNESS.fullmatch(randomness) else None,
        tuple(f"{key}:{value}" for key, value in members.items() if key not in ("th", "rv")),
    )


def _text(entry: OtEntry) -> str:
    members = [] if entry.threshold is None else [f"th:{threshold_text(entry.threshold)}"]
    if entry.randomness is not None:
        members.append(f"rv:{entry.randomness:014x}")
    members += entry.rest
    while len(text := ";".join(members)) > _MOST_CHARS:
        members.pop()
    return text


@lru_cache(1024)
def _alone(entry: OtEntry) -> TraceState:
    """What most roots have: a new one takes 2 µs."""
    text = _text(entry)
    return TraceState([(_KEY, text)]) if text else DEFAULT_TRACE_STATE
