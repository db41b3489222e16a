"""Moments as people write them and as Clew counts them (nanoseconds since the Unix epoch, UTC)."""

import re
from datetime import UTC, datetime

from clew.model.duration import parse_duration_ns

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?")
MAX_UNIX_NANO = 2**64 - 1


def parse_moment_ns(text: str, now_ns: int) -> int:
    """Nanoseconds of `now`, `now-15m`, `-15m`, an RFC 3339 time, or a whole number of nanoseconds.

    A time without a zone is UTC. Raises ValueError with a sentence that shows the accepted forms.
    """
    stripped = text.strip()
    if stripped.isascii() and stripped.isdigit():
        return _within_range(int(stripped), text)
    if stripped == "now":
        return now_ns
    if stripped.startswith(("now-", "-")):
        return max(0, now_ns - parse_duration_ns(stripped.removeprefix("now")[1:]))
    return _within_range(_parse_rfc3339_ns(stripped), text)


def format_moment(unix_nano: int) -> str:
    """RFC 3339 in UTC with milliseconds; a bare number for moments beyond the year 9999."""
    try:
        return datetime.fromtimestamp(unix_nano / 1e9, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return str(unix_nano)


def _within_range(unix_nano: int, text: str) -> int:
    if not 0 <= unix_nano <= MAX_UNIX_NANO:
        raise ValueError(f"{text!r} is outside 1970 to 2554")
    return unix_nano


def _parse_rfc3339_ns(text: str) -> int:
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no time; write 2026-11-20T10:00:00Z, now-1h or Unix nanoseconds")
    day, clock, fraction, zone = match.groups()
    moment = datetime.fromisoformat(f"{day}T{clock or '00:00'}{(zone or 'Z').replace('Z', '+00:00')}")
    return int(moment.timestamp()) * 1_000_000_000 + int((fraction or "0").ljust(9, "0"))
