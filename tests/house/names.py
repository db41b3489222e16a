"""Names of modules, what `__init__.py` may hold, and how full the root may be."""

import ast
from pathlib import Path, PurePosixPath

from tests.house.project_files import list_files, list_python, parse

DRAWERS = frozenset({"base", "common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"})
MAX_ROOT_ENTRIES = 20


def find_drawers(root: Path) -> list[str]:
    """Files and folders whose name says nothing about what is inside."""
    code = [name for name in list_files(root) if name.endswith((".py", ".ts", ".tsx"))]
    parts = {name: {part.split(".")[0].lower() for part in PurePosixPath(name).parts} for name in code}
    return [f"{name}: a drawer; name it after what it holds" for name in code if parts[name] & DRAWERS]


def _is_allowed_in_init(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return (
        isinstance(node, ast.Assign)
        and ast.unparse(node).startswith("__version__ = ")
        and isinstance(node.value, ast.Constant)
    )


def find_logic_in_init(root: Path) -> list[str]:
    """Statements in `__init__.py` besides the docstring and `__version__`."""
    inits = [name for name in list_python(root, "src", "tests", "bench") if name.endswith("__init__.py")]
    statements = ((name, node) for name in inits for node in parse(root, name).body)
    return [
        f"{name}:{node.lineno} move this into a module" for name, node in statements if not _is_allowed_in_init(node)
    ]


def find_crowded_root(root: Path) -> list[str]:
    """One finding when the root has too many entries."""
    entries = sorted({name.split("/")[0] for name in list_files(root)})
    return [f"{len(entries)} entries in the root: {', '.join(entries)}"] if len(entries) > MAX_ROOT_ENTRIES else []
