"""Attribute values as the protocol knows them: whatever an application gives becomes one of those, or nothing."""

import contextlib
import logging
import operator
from collections.abc import Mapping, Sequence
from typing import Any, cast

from opentelemetry.util.types import AnyValue

_LOG = logging.getLogger(__name__)

PLAIN = frozenset({bool, int, float, bytes, type(None)})
"""Types whose values are kept as they are; texts are, too, but may be too long."""
_DEEPEST = 32


def clean_value(value: object, most_chars: int | None) -> AnyValue:
    """A value that nobody can change any more: text cut to `most_chars`, sequences as tuples, the rest as its text.

    What has no text of its own becomes None. Never raises, whatever the value's own methods do.
    """
    try:
        return _clean(value, most_chars, 0)
    except Exception as error:  # noqa: BLE001  # code of the application runs here, and must not fail for being traced
        _LOG.warning("an attribute's value of type %s can't be read (%r); None is kept", type(value).__name__, error)
        return None


def put_all(
    target: dict[str, AnyValue], attributes: Mapping[str, Any], most: int | None, most_chars: int | None
) -> int:
    """Add attributes to `target`, cleaned, in their order. Returns how many fell victim to `most` or had no valid key.

    A key that is there already moves to the end; when there are too many, the oldest gives way.
    """
    dropped = 0
    for key, value in attributes.items():
        dropped += put(target, key, value, most, most_chars)
    return dropped


def put(target: dict[str, AnyValue], key: object, value: object, most: int | None, most_chars: int | None) -> int:
    """The same for one of them."""
    if not isinstance(key, str) or not key:
        _LOG.warning("an attribute's key must be a text that isn't empty, not %r; it is left out", key)
        return 1
    if most == 0:
        return 1
    if type(value) not in PLAIN:
        value = clean_value(value, most_chars)
    dropped = 0
    if key in target:
        del target[key]
    elif most is not None and len(target) >= most:
        del target[next(iter(target))]
        dropped = 1
    target[key] = value  # type: ignore[assignment]  # it is clean
    return dropped


def _clean(value: object, most_chars: int | None, depth: int) -> AnyValue:
    if isinstance(value, str):
        return value[:most_chars]
    if value is None or isinstance(value, bool | int | float | bytes | bytearray | memoryview):
        return _without_subclass(value)
    if not isinstance(value, Mapping | Sequence):
        return _as_text(value, most_chars)
    if depth >= _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        texts = [(key, each) for key, each in value.items() if isinstance(key, str) and key]
        return {str(key): _clean(each, most_chars, depth + 1) for key, each in texts}
    return tuple(_clean(each, most_chars, depth + 1) for each in value)


def _without_subclass(value: Any) -> AnyValue:
    if type(value) in PLAIN:
        return cast("AnyValue", value)
    if isinstance(value, int):
        return int.__index__(value)
    if isinstance(value, float):
        return float.__float__(value)
    return bytes(value)


def _as_text(value: object, most_chars: int | None) -> AnyValue:
    with contextlib.suppress(TypeError):
        return operator.index(value)  # type: ignore[arg-type]  # an integer of another library, or TypeError
    kind = type(value)
    if kind.__str__ is object.__str__ and kind.__repr__ is object.__repr__:
        _LOG.warning("an attribute's value of type %s has no text of its own; None is kept", kind.__name__)
        return None
    return str(value)[:most_chars]
