"""What the house checks look at: tracked files, and those that are about to be."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

ROOT = Path(__file__).resolve().parents[2]


def list_files(root: Path) -> list[str]:
    """Paths below `root`, with slashes, sorted: what git tracks or would add; without a repository, all."""
    if not (root / ".git").exists():
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    return sorted(name for name in names if name and (root / name).is_file())


def list_python(root: Path, *folders: str) -> list[str]:
    """The Python files below `folders`."""
    prefixes = tuple(f"{folder}/" for folder in folders)
    return [name for name in list_files(root) if name.endswith(".py") and name.startswith(prefixes)]


def parse(root: Path, name: str) -> ast.Module:
    """The syntax tree of one file."""
    return ast.parse((root / name).read_text(encoding="utf-8"), filename=name)


def functions_of(tree: ast.AST) -> Iterator[FunctionNode]:
    """Every function and method, nested ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, FunctionNode))


def docstrings_of(tree: ast.AST) -> set[int]:
    """The ids of the nodes that are docstrings."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = (node.body for node in ast.walk(tree) if isinstance(node, owners))
    return {id(body[0].value) for body in bodies if body and isinstance(body[0], ast.Expr)}


def read_text(root: Path, name: str) -> str | None:
    """The text of a file, or None when it is not text."""
    try:
        return (root / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
