import ast
import sys
import traceback
import warnings
from types import ModuleType
from typing import Any

import pytest

from clew.sdk.rewriting import Rewriting, is_generator
from tests.sdk.kept_spans import Kept

_SOURCE = '''"""Of the module."""
from __future__ import annotations
import functools, warnings, contextlib

def plain(number: int, *, by: Later = 2) -> Later:
    """Of the function."""
    return number * by

def declared(): ...

def only_documented():
    """Nothing to do."""

def outer(first):
    def inner(second):
        return first + second
    return inner

def counting():
    count = 0
    def step():
        nonlocal count
        global last
        count = last = count + 1
        return count
    return step

class Parent:
    def name(self):
        return "parent"

class Child(Parent):
    __private = "private"
    def name(self):
        return f"child of {super().name()} {self.__private} {__class__.__name__}"
    @property
    def size(self):
        return 3
    @size.setter
    def size(self, value):
        self.kept = value
    @staticmethod
    def static(): return "static"
    @classmethod
    def own(cls): return cls.__name__

kept = []
def keeping(function):
    kept.append(function)
    return function

@keeping
def route():
    return "answer"

@functools.lru_cache
def cached(number):
    return number

def numbers(most):
    """Of the generator."""
    yield from range(most)

@contextlib.contextmanager
def opened():
    yield "open"

async def awaited():
    return locals()

async def streamed():
    yield 1

def warning():
    warnings.warn("old", stacklevel=2)

def failing():
    text = "x"
    raise ValueError(
        text)

def jit(function): return function

@jit
def compiled():
    return sorted([2, 1], key=lambda each: each)
'''


def _run(source: str, *, spans: bool = True) -> tuple[Any, list[str]]:
    rewriting = Rewriting(lambda _: spans)
    module: Any = ModuleType("planted")
    tree = rewriting.rewrite(ast.parse(source))
    exec(compile(tree, "planted.py", "exec", dont_inherit=True), module.__dict__)  # noqa: S102  # a text of ours
    return module, rewriting.functions


def test_each_function_that_is_chosen_has_spans(kept: Kept) -> None:
    """Methods, functions within functions, properties and generators, each called as it is called."""
    module, names = _run(_SOURCE)
    del kept.spans[:]  # of the decorators
    child = module.Child()
    child.size = child.size + 1
    assert module.outer(1)(2) == 3
    assert (child.name(), child.static(), module.Child.own()) == ("child of parent private Child", "static", "Child")
    assert list(module.numbers(2)) == [0, 1]
    with module.opened() as opened:
        assert opened == "open"
    assert kept.names == [
        *("Child.size", "Child.size", "outer", "outer.inner", "Parent.name", "Child.name", "Child.static", "Child.own"),
        *("numbers", "opened"),
    ]
    assert {span.attributes["code.function.name"] for span in kept.spans} <= {f"planted.{name}" for name in names}


def test_what_is_declared_or_compiled_elsewhere_is_left_alone() -> None:
    """And what isn't chosen."""
    _, names = _run(_SOURCE)
    assert not {"declared", "only_documented", "compiled"} & set(names)
    assert "jit" in names
    module, names = _run(_SOURCE, spans=False)
    assert (names, [name for name in vars(module) if "clew" in name]) == ([], [])


def test_a_rewritten_function_is_what_it_was(kept: Kept) -> None:
    """Its docstring, lines, parameters, annotations, variables and closure are those of the unchanged one."""
    module, _ = _run(_SOURCE)
    unchanged, _ = _run(_SOURCE, spans=False)
    assert (module.__doc__, module.plain.__doc__) == ("Of the module.", "Of the function.")
    for name in ("plain", "outer", "counting", "awaited", "failing"):
        ours, theirs = getattr(module, name).__code__, getattr(unchanged, name).__code__
        for what in ("co_firstlineno", "co_varnames", "co_argcount", "co_flags", "co_freevars", "co_cellvars"):
            assert getattr(ours, what) == getattr(theirs, what)
    assert module.plain.__annotations__ == {"number": "int", "by": "Later", "return": "Later"}
    assert (module.numbers.__doc__, module.numbers.__qualname__) == ("Of the generator.", "numbers")
    step = module.counting()
    assert [step(), step(), module.last] == [1, 2, 2]
    with pytest.raises(StopIteration) as stop:
        module.awaited().send(None)
    assert stop.value.value == {}


def test_spans_are_inside_of_decorators(kept: Kept) -> None:
    """What a decorator keeps has its spans; what is answered by a cache has none."""
    module, _ = _run(_SOURCE)
    del kept.spans[:]  # of the decorators
    assert [function() for function in module.kept] == ["answer"]
    assert module.cached(1) == module.cached(1)
    assert kept.names == ["route", "cached"]


def test_stack_traces_and_warnings_point_where_they_did(kept: Kept) -> None:
    """The same lines of the same functions, and no more."""
    module, _ = _run(_SOURCE)
    unchanged, _ = _run(_SOURCE, spans=False)
    seen = []
    for each in (module, unchanged):
        with pytest.raises(ValueError, match="x") as failure:
            each.failing()
        seen.append([(frame.name, frame.lineno) for frame in traceback.extract_tb(failure.tb)][1:])
    assert seen[0] == seen[1] != []
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        module.warning()
    assert told[0].filename == __file__


def test_yields_of_what_is_within_do_not_make_a_generator() -> None:
    """Of functions, classes and lambdas; an await doesn't either."""
    for text, expected in (
        ("def f():\n for x in y:\n  with z: yield x", True),
        ("def f():\n a = b + (yield from c)", True),
        ("def f():\n def g(): yield 1\n h = lambda: (yield)", False),
        ("async def f():\n await g()", False),
    ):
        assert is_generator(ast.parse(text).body[0]) is expected


@pytest.mark.parametrize(
    "source",
    ["", "'only a docstring'", "from __future__ import annotations", "def f(x=1): return x", "x = 1; y = 2"],
    ids=repr,
)
def test_small_modules_stay_valid(source: str) -> None:
    """Whatever they begin with."""
    _run(source)


def test_modules_of_the_standard_library_can_be_rewritten() -> None:
    """Those with the largest variety of code; each still compiles."""
    for name in ("typing", "asyncio.streams", "dataclasses", "contextlib", "argparse", "tarfile", "enum", "inspect"):
        __import__(name)
        with open(str(sys.modules[name].__file__), "rb") as file:  # noqa: PTH123  # one line each
            rewriting = Rewriting(lambda _: True)
            tree = rewriting.rewrite(ast.parse(file.read()))
        compile(tree, name, "exec", dont_inherit=True)
        assert len(rewriting.functions) > 10
