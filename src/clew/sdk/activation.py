"""`activate`: from now on chosen functions have spans, without a change of their code."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from types import ModuleType

from clew.sdk.function_patterns import FunctionPatterns
from clew.sdk.import_hook import SpanFinder
from clew.sdk.in_place import trace_module


@dataclass(frozen=True, slots=True)
class Activation:
    """What was switched on."""

    patterns: FunctionPatterns
    late: tuple[str, ...]
    """`module:function` of those that the patterns choose but that run without spans; the log has the reasons."""
    finder: SpanFinder

    def deactivate(self) -> None:
        """Modules that are imported later stay as they are; those that have spans keep them."""
        if self.finder in sys.meta_path:
            sys.meta_path.remove(self.finder)


def activate(patterns: Iterable[str]) -> Activation:
    """Give functions spans, in modules yet to be imported, and in place in those that are there already.

    Best called first, before the application is imported. Raises ConfigurationError when a pattern is none.
    """
    chosen = FunctionPatterns(patterns)
    finder = SpanFinder(chosen)
    sys.meta_path.insert(0, finder)
    late: list[str] = []
    for name, module in list(sys.modules.items()):
        if chosen.may_choose_in(name) and type(module) is ModuleType:  # programs put other things there, too
            late += trace_module(module, chosen)
    return Activation(chosen, tuple(late), finder)
