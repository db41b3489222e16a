"""Puts spans into the functions of a module, between reading its source and compiling it.

A function or coroutine function gets a `with` around its body, below the docstring. A decorator would do as well, but
it would be another function with another code: this one keeps its name, signature, globals and closure, its frames and
the stack levels of its warnings, adds nothing to stack traces, and costs less. A generator has to leave its span
whenever it pauses, so that one does get a decorator, and who compares its code instead of its signature sees that.

Both are inside of all decorators that are there. Outside, they would be missed by every decorator that keeps the
function it is given, as routes, tasks, fixtures and command lines do; inside, each attempt of a `retry` and each real
computation behind a `cache` has a span, and properties, class methods and static methods need nothing special.
"""

import ast
from collections.abc import Callable
from typing import TypeVar

_Defined = ast.FunctionDef | ast.AsyncFunctionDef
_Node = TypeVar("_Node", bound=ast.AST)
_COMPILED_FROM_SOURCE = frozenset({"jit", "njit", "vectorize", "guvectorize", "cfunc", "stencil", "script", "kernel"})
_LEFT_ALONE = _COMPILED_FROM_SOURCE | {"overload", "coroutine"}
"""Names of decorators that look into the code itself, or for which it never runs."""


class Rewriting:
    """Of one module's tree, once. `chooses` is asked for each name, such as `Cart.add` or `outer.inner`."""

    def __init__(self, chooses: Callable[[str], bool]) -> None:
        self._chooses = chooses
        self._path: list[str] = []
        self.functions: list[str] = []
        """Those that have a span now; their place is their site's number."""

    def rewrite(self, tree: ast.Module) -> ast.Module:
        """The tree itself, changed; every line keeps its number."""
        self._descend(tree)
        if self.functions:
            start = _after_docstring_and_futures(tree.body)
            tree.body[start:start] = self.prelude()
        return tree

    def prelude(self) -> list[ast.stmt]:
        """Statements that define what the changed functions refer to."""
        lines = ["from clew.sdk.rewritten import span_of_call as __clew_call__, span_of_turns as __clew_turns__"]
        lines.append("from clew.sdk.rewritten import site_in as __clew_site__")
        lines += [f"{_site(number)} = __clew_site__(__name__, {name!r})" for number, name in enumerate(self.functions)]
        return [_at_line(statement, 1) for statement in ast.parse("\n".join(lines)).body]

    def _descend(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, _Defined | ast.ClassDef):
                self._descend(child)
                continue
            self._path.append(child.name)
            if isinstance(child, _Defined) and _can_have_span(child) and self._chooses(".".join(self._path)):
                self._put_span(child, ".".join(self._path))
            self._descend(child)
            self._path.pop()

    def _put_span(self, function: _Defined, name: str) -> None:
        site = _site(len(self.functions))
        self.functions.append(name)
        if is_generator(function):
            decorator = ast.parse(f"__clew_turns__({site})", mode="eval").body
            function.decorator_list.append(_at_line(decorator, function.lineno))
            return
        start = 1 if ast.get_docstring(function, clean=False) is not None else 0
        call = ast.parse(f"__clew_call__({site})", mode="eval").body
        around = ast.With([ast.withitem(_at_line(call, function.lineno))], function.body[start:])
        function.body[start:] = [ast.copy_location(around, function)]


def is_generator(function: ast.AST) -> bool:
    """Whether it yields by itself; what is defined within it doesn't count."""
    for child in ast.iter_child_nodes(function):
        if isinstance(child, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(child, _Defined | ast.ClassDef | ast.Lambda) and is_generator(child):
            return True
    return False


def _site(number: int) -> str:
    return f"__clew_site_{number}__"  # the underscores at its end keep classes from mangling it


def _can_have_span(function: _Defined) -> bool:
    """Not when it is only declared, or when somebody else compiles it."""
    is_declared = all(isinstance(each, ast.Pass) or _is_constant(each) for each in function.body)
    return not is_declared and not any(_last_name(each) in _LEFT_ALONE for each in function.decorator_list)


def _is_constant(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _last_name(decorator: ast.expr) -> str:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


def _after_docstring_and_futures(body: list[ast.stmt]) -> int:
    start = 0
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        start = 1  # Python takes a text only for the docstring; another constant does nothing anywhere
    while start < len(body) and _is_future(body[start]):
        start += 1
    return start


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _at_line(node: _Node, line: int) -> _Node:
    for each in ast.walk(node):
        if isinstance(each, ast.stmt | ast.expr | ast.alias):
            each.lineno = each.end_lineno = line
            each.col_offset = each.end_col_offset = 0
    return node
