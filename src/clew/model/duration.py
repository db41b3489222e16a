"""Durations as people write them (`1.5s`, `250ms`) and as Clew counts them (nanoseconds)."""

import re

_UNIT_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)")


def parse_duration_ns(text: str) -> int:
    """Nanoseconds of `1.5s`, `250ms`, `1m30s`, or of a bare whole number of nanoseconds.

    Raises ValueError with a sentence that shows the accepted form.
    """
    stripped = text.strip()
    if stripped.isascii() and stripped.isdigit():
        return int(stripped)
    parts = _PART.findall(stripped)
    if not parts or "".join(number + unit for number, unit in parts) != stripped:
        raise ValueError(f"{text!r} is no duration; write it like 250ms, 1.5s or 1m30s")
    return sum(_scaled_ns(number, unit) for number, unit in parts)


def _scaled_ns(number: str, unit: str) -> int:
    whole, _, fraction = number.partition(".")
    scale = _UNIT_NS[unit]
    return int(whole) * scale + (int(fraction) * scale // 10 ** len(fraction) if fraction else 0)


def format_duration(duration_ns: int) -> str:
    """A duration in at most four digits and the unit that fits: `1.23 ms`, `45.1 s`, `2 m 05 s`."""
    if duration_ns < 0:
        return "-" + format_duration(-duration_ns)
    if duration_ns >= 60 * _UNIT_NS["s"]:
        minutes, rest_ns = divmod(duration_ns, _UNIT_NS["m"])
        return f"{minutes} m {rest_ns // _UNIT_NS['s']:02d} s"
    for unit in ("s", "ms", "µs"):
        if duration_ns >= _UNIT_NS[unit]:
            return f"{duration_ns / _UNIT_NS[unit]:.3g} {unit}"
    return f"{duration_ns} ns"
