"""Gives functions spans that are there already, in modules that were imported too early.

A function's code is replaced by its rewritten code, so that it has its spans wherever it was imported to, or kept, too.
"""

import ast
import gc
import logging
from collections.abc import Iterator
from importlib.machinery import ExtensionFileLoader
from types import CodeType, FunctionType, ModuleType
from typing import Any

from clew.sdk.function_patterns import FunctionPatterns
from clew.sdk.rewriting import Rewriting
from clew.sdk.traced import site_of, wrap_function

_LOG = logging.getLogger(__name__)
_Place = tuple[str, int]
_GENERATOR_FLAGS = 0x20 | 0x200  # CO_GENERATOR, CO_ASYNC_GENERATOR: `inspect` has them as plain numbers, too


def trace_module(module: ModuleType, patterns: FunctionPatterns) -> list[str]:
    """Returns `module:function` of those that patterns choose and that were too late; the reason is in the log.

    Too late is a function whose source is gone or was changed, a generator that was kept somewhere else than in its
    module or class, and what isn't defined yet. Never raises.
    """
    name = module.__name__
    if (module.__spec__ is None and name != "__main__") or isinstance(module.__loader__, type | ExtensionFileLoader):
        return []  # made by a program, or compiled
    try:
        early = _Early(module, patterns)
        late = early.trace()
    except Exception as error:  # noqa: BLE001  # the module has to go on without spans
        _LOG.warning("functions of %s get no spans: its source can't be read or rewritten (%r)", name, error)
        return [f"{name}:*"]
    if late:
        # No warning: a module may define a function only on some systems, and then it isn't missed.
        _LOG.info("too late for spans of %s in %s; activate before it is imported", ", ".join(late), name)
    return [f"{name}:{function}" for function in late]


class _Early:
    """A module that was imported before its functions were to have spans."""

    def __init__(self, module: ModuleType, patterns: FunctionPatterns) -> None:
        self._module = module
        name = module.__name__
        source, path = _source_of(module)
        self._rewriting = Rewriting(lambda function: patterns.chooses(name, function))
        tree = self._rewriting.rewrite(ast.parse(source, path))
        self._missing = dict.fromkeys(self._rewriting.functions)
        if self._missing:
            self._old = _codes_by_place(compile(source, path, "exec", dont_inherit=True))
            self._new = _codes_by_place(compile(tree, path, "exec", dont_inherit=True))

    def trace(self) -> list[str]:
        if not self._missing:
            return []
        prelude = ast.Module(self._rewriting.prelude(), [])
        exec(compile(prelude, "<clew>", "exec"), self._module.__dict__)  # noqa: S102  # statements of our own
        for function in _functions_of(self._module):
            self._replace_code(function)
        for owner in (self._module, *_classes_of(self._module)):
            self._wrap_generators(owner)
        return list(self._missing)

    def _replace_code(self, function: FunctionType) -> None:
        code = function.__code__
        place = code.co_qualname, code.co_firstlineno
        new = self._new.get(place)
        if new is None or self._old.get(place) != code or new.co_freevars != code.co_freevars or new == code:
            return
        function.__code__ = new
        for name in _names_within(code, itself=not code.co_flags & _GENERATOR_FLAGS):
            self._missing.pop(name, None)

    def _wrap_generators(self, owner: Any) -> None:
        for name, value in list(vars(owner).items()):
            function = value.__func__ if isinstance(value, staticmethod | classmethod) else value
            if not isinstance(function, FunctionType) or not function.__code__.co_flags & _GENERATOR_FLAGS:
                continue
            chosen = function.__qualname__
            if chosen in self._missing and function.__module__ == self._module.__name__:
                wrapped: Any = wrap_function(function, site_of(function))
                setattr(owner, name, wrapped if value is function else type(value)(wrapped))
                del self._missing[chosen]


def _source_of(module: ModuleType) -> tuple[str, str]:
    """Raises whatever there is to raise when there is none."""
    loader: Any = module.__loader__
    source = loader.get_source(module.__name__)
    if not isinstance(source, str):
        raise ImportError(f"{module.__name__} has no source")
    return source, str(module.__file__)


def _codes_by_place(code: CodeType) -> dict[_Place, CodeType]:
    return {(each.co_qualname, each.co_firstlineno): each for each in _codes_within(code)}


def _codes_within(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes_within(constant)


def _names_within(code: CodeType, *, itself: bool) -> list[str]:
    """As patterns write them. With the code of a function that of all functions within it is replaced."""
    codes = list(_codes_within(code))
    return [each.co_qualname.replace("<locals>.", "") for each in codes[0 if itself else 1 :]]


def _functions_of(module: ModuleType) -> list[FunctionType]:
    """All that live, wherever they are kept: behind decorators, in classes, as closures."""
    scope = module.__dict__
    return [each for each in gc.get_objects() if type(each) is FunctionType and each.__globals__ is scope]


def _classes_of(module: ModuleType) -> list[type]:
    """Those that it defines, and those within them."""
    found: dict[type, None] = {}
    pending = [*module.__dict__.values()]
    while pending:
        value = pending.pop()
        if isinstance(value, type) and value.__module__ == module.__name__ and value not in found:
            found[value] = None
            pending += value.__dict__.values()
    return list(found)
