"""Which functions get spans: patterns such as `shop.pricing:*`, `shop.cart:Cart.add` or `-shop.*:_*`."""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import translate

from clew.errors import ConfigurationError

_BELOW = sys.stdlib_module_names | {"opentelemetry"}
_PATTERN = re.compile(r"-?[\w.*?]+:[\w.*?]+")


@dataclass(frozen=True, slots=True)
class _Rule:
    excludes: bool
    module: re.Pattern[str]
    function: re.Pattern[str]
    names_dunder: bool


class FunctionPatterns:
    """`module:function`, where `*` is any text, dots too, and `?` any character; one with `-` before it excludes.

    The last pattern that fits decides. A function within another one is called `outer.inner`. Names such as `__init__`
    or `__eq__` fit only what writes their underscores: what Python calls by itself is called too often, and from
    everywhere. The standard library, OpenTelemetry and this library have no spans: making spans calls them.

    Raises ConfigurationError when a pattern isn't of that form.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self.texts = tuple(patterns)
        self._rules = [_rule(text.strip()) for text in self.texts]

    def may_choose_in(self, module: str) -> bool:
        """Whether the module is worth a look; nearly all modules of a program aren't."""
        if module.partition(".")[0] in _BELOW or module.startswith("clew.sdk."):
            return False
        return any(not rule.excludes and rule.module.match(module) for rule in self._rules)

    def chooses(self, module: str, function: str) -> bool:
        is_dunder = _is_dunder(function)
        for rule in reversed(self._rules):
            if rule.module.match(module) and rule.function.match(function) and (rule.names_dunder or not is_dunder):
                return not rule.excludes
        return False


def _rule(text: str) -> _Rule:
    if not _PATTERN.fullmatch(text):
        raise ConfigurationError(f"{text!r} chooses no functions; write module:function, such as shop.cart:Cart.*")
    module, _, function = text.removeprefix("-").partition(":")
    excludes = text.startswith("-")
    names_dunder = excludes or function.rpartition(".")[2].startswith("__")
    return _Rule(excludes, re.compile(translate(module)), re.compile(translate(function)), names_dunder)


def _is_dunder(function: str) -> bool:
    last = function.rpartition(".")[2]
    return last.startswith("__") and last.endswith("__")
