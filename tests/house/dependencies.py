"""What a part of Clew imports, the extra that installs it declares."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from tests.house.project_files import list_python, parse

_NAME = re.compile(r"^[\w.-]+")
KAFKA_MODULES = ("dead_letters", "kafka_door", "kafka_identity", "kafka_session")
# Folder or module -> the extras that its user has installed; the longest folder wins.
EXTRAS: dict[str, tuple[str, ...]] = {
    "src/clew/": ("server",),
    "src/clew/agent/": ("agent",),
    "src/clew/demo/": ("demo",),
    "src/clew/sdk/": (),
    "src/clew/model/": (),
    "src/clew/server/kafka.py": ("server", "kafka"),
    # What only server/kafka.py imports, once it has seen that Kafka's client is there.
    **{f"src/clew/receive/{name}.py": ("server", "kafka") for name in KAFKA_MODULES},
}


def _plain(requirement: str) -> str:
    name = _NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", name[0]).lower() if name else requirement


@cache
def _owners() -> dict[str, str]:
    """Dotted module -> the distribution that brings it, for everything installed."""
    owners = {}
    for distribution in distributions():
        for file in distribution.files or ():
            module = re.sub(r"(/__init__)?(\.[\w-]+)*\.(pyi?|so)$", "", str(file)).replace("/", ".")
            owners[module] = _plain(distribution.metadata["Name"])
    return owners


def _owner(module: str) -> str | None:
    """The distribution of the longest known prefix of `module`."""
    parts = module.split(".")
    prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((_owners()[prefix] for prefix in prefixes if prefix in _owners()), None)


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _declared(root: Path, name: str) -> set[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = EXTRAS[max((folder for folder in EXTRAS if name.startswith(folder)), key=len)]
    requirements = project["dependencies"] + [
        line for extra in extras for line in project["optional-dependencies"][extra]
    ]
    return {_plain(requirement) for requirement in requirements}


def find_undeclared_imports(root: Path) -> list[str]:
    """Imports of packages that come only by way of another package, or with another extra."""
    found = []
    for name in list_python(root, "src/clew"):
        declared = _declared(root, name)
        for line, module in _imports(parse(root, name)):
            if module.split(".")[0] not in sys.stdlib_module_names | {"clew"} and _owner(module) not in declared:
                found.append(f"{name}:{line} imports {module} of {_owner(module)}, which its extra does not declare")
    return found
