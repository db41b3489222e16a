"""Which spans a rule of sampling is about."""

import re
from collections.abc import Collection, Mapping
from fnmatch import translate
from types import MappingProxyType

from opentelemetry.trace import SpanKind
from opentelemetry.util.types import AnyValue, Attributes

_NONE: Mapping[str, AnyValue] = MappingProxyType({})


class SpanMatch:
    """All that is said must hold, and what isn't said holds; a match that says nothing matches each span.

    `names` are globs, of which one must match the whole name: `*`, `?` and `[…]`, in which case counts. `attributes`
    are those that the span begins with: a text is a glob for a text, any other value must be the same.
    """

    __slots__ = ("_attributes", "_is_root", "_kinds", "_names", "_text")

    def __init__(
        self,
        names: Collection[str] = (),
        kinds: Collection[SpanKind] = (),
        attributes: Mapping[str, AnyValue] = _NONE,
        is_root: bool | None = None,
    ) -> None:
        names = (names,) if isinstance(names, str) else tuple(names)
        self._names = re.compile("|".join(map(translate, names))).match if names else None
        self._kinds = frozenset(kinds)
        self._attributes = tuple(
            (key, re.compile(translate(value)).match if isinstance(value, str) else None, value)
            for key, value in attributes.items()
        )
        self._is_root = is_root
        self._text = _described(names, self._kinds, attributes, is_root)

    def matches(self, name: str, kind: SpanKind | None, attributes: Attributes, is_root: bool) -> bool:
        """`kind`: None is an internal span."""
        if self._is_root is not None and self._is_root is not is_root:
            return False
        if self._kinds and (kind or SpanKind.INTERNAL) not in self._kinds:
            return False
        if self._names is not None and self._names(name) is None:
            return False
        return not self._attributes or (attributes is not None and self._has(attributes))

    def _has(self, attributes: Mapping[str, object]) -> bool:
        for key, glob, wanted in self._attributes:
            value = attributes.get(key)
            if glob is not None:
                if not isinstance(value, str) or glob(value) is None:
                    return False
            elif type(value) is not type(wanted) or value != wanted:  # True is no 1
                return False
        return True

    def __str__(self) -> str:
        return self._text


def _described(
    names: Collection[str], kinds: Collection[SpanKind], attributes: Mapping[str, AnyValue], is_root: bool | None
) -> str:
    parts = [f"name={'|'.join(names)}"] if names else []
    if kinds:
        parts.append(f"kind={'|'.join(sorted(kind.name.lower() for kind in kinds))}")
    parts += [f"{key}={value!r}" for key, value in attributes.items()]
    if is_root is not None:
        parts.append("root" if is_root else "not root")
    return " and ".join(parts) or "any"
