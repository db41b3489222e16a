"""Exceptions are one tree, drawn in the docstring of errors.py, and none is defined elsewhere."""

import ast
import builtins
import re
from pathlib import Path

from tests.house.project_files import list_python, parse

ERRORS = "src/clew/errors.py"
_DRAWN = re.compile(r"^(?P<lead>[ │├└─]*)(?P<name>[A-Z]\w+)\b")


def _drawn_tree(docstring: str) -> dict[str, str | None]:
    """Each drawn class and the one that it hangs from; the depth is where the name starts, four columns a level."""
    tree: dict[str, str | None] = {}
    path: list[str] = []
    for line in docstring.splitlines()[1:]:
        drawn = _DRAWN.match(line)
        if drawn and (drawn["lead"].strip() or not tree):
            depth = len(drawn["lead"].lstrip(" ") if drawn["lead"].strip() else "") // 4
            path[depth:] = [drawn["name"]]
            tree[drawn["name"]] = path[depth - 1] if depth else None
    return tree


def _classes(tree: ast.Module) -> dict[str, list[str]]:
    return {
        node.name: [ast.unparse(base) for base in node.bases] for node in tree.body if isinstance(node, ast.ClassDef)
    }


def find_wrong_drawing(root: Path) -> list[str]:
    """Differences between the drawing and the classes of errors.py."""
    tree = parse(root, ERRORS)
    drawn, classes = _drawn_tree(ast.get_docstring(tree) or ""), _classes(tree)
    found = [f"{name} is drawn but does not exist" for name in drawn.keys() - classes.keys()]
    found += [f"{name} exists but is not drawn" for name in classes.keys() - drawn.keys()]
    for name in drawn.keys() & classes.keys():
        parent = drawn[name] or "Exception"
        if classes[name] != [parent]:
            found.append(f"{name} is drawn below {parent} but derives from {', '.join(classes[name])}")
    return sorted(found)


def _is_exception(base: str, ours: set[str]) -> bool:
    name = base.rsplit(".", maxsplit=1)[-1]
    builtin = getattr(builtins, name, None)
    return (
        name in ours
        or name.endswith(("Error", "Exception"))
        or (isinstance(builtin, type) and issubclass(builtin, BaseException))
    )


def find_stray_exceptions(root: Path) -> list[str]:
    """Exception classes outside errors.py."""
    ours = set(_classes(parse(root, ERRORS)))
    modules = [name for name in list_python(root, "src") if name != ERRORS]
    classes = (
        (name, node) for name in modules for node in ast.walk(parse(root, name)) if isinstance(node, ast.ClassDef)
    )
    return [
        f"{name}:{node.lineno} {node.name}: exceptions live in {ERRORS}"
        for name, node in classes
        if any(_is_exception(ast.unparse(base), ours) for base in node.bases)
    ]
