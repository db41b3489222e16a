"""The contracts themselves are checked by `make lint`; here each is shown to be able to fail."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.documents import list_layers
from tests.house.project_files import ROOT

Plant = Callable[[dict[str, str]], Path]


def _lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts of the real pyproject.toml on the package `clew` below `root`."""
    lint_imports = Path(sys.executable).with_name("lint-imports")
    command = [str(lint_imports), "--no-logo", "--no-cache", "--config", str(ROOT / "pyproject.toml")]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def _layered(extra: dict[str, str]) -> dict[str, str]:
    layers = {name.strip("()") for name in list_layers(ROOT)} - {"cli", "errors"}
    files = {f"clew/{name}/__init__.py": "" for name in layers}
    modules = {"clew/store/engine.py": "import chdb\n", "clew/journal/journal.py": "from clew import errors\n"}
    top = {
        "clew/__init__.py": "",
        "clew/errors.py": "",
        "clew/cli.py": "from clew.server import run\n",
        "clew/server/run.py": "",
    }
    return files | modules | top | extra


def test_a_house_in_layers_keeps_every_contract(plant: Plant) -> None:
    """Imports that point down, and the store's of the engine, break nothing."""
    done = _lint(plant(_layered({})))
    assert "0 broken" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("files", "broken"),
    [
        ({"clew/model/ids.py": "import clew.cli\n"}, "Imports point down"),
        ({"clew/receive/otlp.py": "from clew.store import engine\n"}, "Imports point down"),
        (
            {"clew/store/load.py": "from clew.sdk import tracer\n", "clew/sdk/tracer.py": "import clew.journal\n"},
            "Imports point down",
        ),
        ({"clew/shelf/__init__.py": ""}, "Imports point down"),
        ({"clew/query/run.py": "import clickhouse_connect.driver\n"}, "Only the store knows the engine"),
        (
            {"clew/journal/record.py": "from clew.model import ids\n", "clew/model/ids.py": ""},
            "The journal knows bytes only",
        ),
        ({"clew/journal/record.py": "import opentelemetry.proto\n"}, "The journal knows bytes only"),
        ({"clew/terminal/show.py": "from clew.store import engine\n"}, "The commands and the shop"),
        ({"clew/sdk/export.py": "import httpx\n"}, "The client library is light"),
        ({"clew/api/a.py": "import clew.api.b\n", "clew/api/b.py": "import clew.api.a\n"}, "No import goes round"),
    ],
)
def test_a_forbidden_import_breaks_its_contract(plant: Plant, files: dict[str, str], broken: str) -> None:
    """An import upwards, sideways, round or of the wrong library is refused, and so is a folder without a place."""
    done = _lint(plant(_layered(files)))
    assert done.returncode != 0
    assert any(line.startswith(broken) and "BROKEN" in line for line in done.stdout.splitlines()), (
        done.stdout + done.stderr
    )
