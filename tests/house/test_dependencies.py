from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.dependencies import find_undeclared_imports
from tests.house.project_files import ROOT

Plant = Callable[[dict[str, str]], Path]

PROJECT = """
[project]
dependencies = ["protobuf>=6,<8"]
[project.optional-dependencies]
server = ["httpx>=0.28", "opentelemetry_proto"]
demo = ["Flask"]
"""


def test_every_import_is_declared() -> None:
    """Each extra installs all that its part of Clew imports."""
    assert find_undeclared_imports(ROOT) == []


@pytest.mark.parametrize(
    ("name", "statement", "owner"),
    [
        ("src/clew/api/a.py", "import anyio.to_thread", "anyio"),
        ("src/clew/api/a.py", "from flask import Flask", "flask"),
        ("src/clew/demo/a.py", "import httpx", "httpx"),
        ("src/clew/sdk/a.py", "import httpx", "httpx"),
        ("src/clew/wire/a.py", "from google.rpc import code_pb2", "googleapis-common-protos"),
        ("src/clew/wire/a.py", "import no_such_package", "None"),
    ],
)
def test_an_undeclared_import_is_found(plant: Plant, name: str, statement: str, owner: str) -> None:
    """A package that is there by chance, or for another part of Clew, is named; namespaces are told apart."""
    found = find_undeclared_imports(plant({"pyproject.toml": PROJECT, name: statement}))
    assert [line.split(" of ")[1] for line in found] == [f"{owner}, which its extra does not declare"]


def test_declared_and_own_imports_are_accepted(plant: Plant) -> None:
    """The standard library, Clew itself and declared packages are fine, however their name is written."""
    imports = ["os", "clew.errors", "google.protobuf.message", "httpx", "opentelemetry.proto.trace.v1.trace_pb2"]
    source = "".join(f"import {module}\n" for module in imports)
    files = {"pyproject.toml": PROJECT, "src/clew/api/a.py": source, "src/clew/demo/a.py": "from flask import Flask\n"}
    assert find_undeclared_imports(plant(files)) == []
