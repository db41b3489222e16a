"""Limits as one writes them on the command line: `spans/s=1000`, `span_bytes=64k`."""

import re
from collections.abc import Iterable

from clew.authenticate.key import KeyLimits
from clew.errors import BadQuery

_FIELDS = {
    "spans/s": "spans_per_s",
    "bytes/s": "bytes_per_s",
    "span_bytes": "span_bytes",
    "attributes": "attributes",
}
_SCALES = {"": 1, "k": 1000, "M": 1_000_000, "G": 1_000_000_000, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_AMOUNT = re.compile(r"([1-9][0-9]{0,15})(|k|M|G|KiB|MiB|GiB)")


def parse_limits(pairs: Iterable[str]) -> KeyLimits:
    """The limits; each pair may hold several, with commas between. Raises BadQuery."""
    limits: dict[str, int] = {}
    for pair in (part.strip() for text in pairs for part in text.split(",")):
        name, separator, amount = pair.partition("=")
        field, matched = _FIELDS.get(name), _AMOUNT.fullmatch(amount)
        if field is None or not separator:
            raise BadQuery("--limit", f"{pair!r} is no limit; there are {', '.join(f'{each}=…' for each in _FIELDS)}")
        if matched is None:
            raise BadQuery("--limit", f"{amount!r} is no amount; write it like 500, 64k, 10M or 1MiB")
        if field in limits:
            raise BadQuery("--limit", f"{name} is given twice; give it once")
        limits[field] = int(matched[1]) * _SCALES[matched[2]]
    return KeyLimits(**limits)


def format_limits(limits: KeyLimits) -> str:
    """The same in one line; empty when there are none."""
    given = ((name, getattr(limits, field)) for name, field in _FIELDS.items())
    return ",".join(f"{name}={amount}" for name, amount in given if amount is not None)
