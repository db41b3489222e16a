"""The package as it will be published. `make test` builds the web application first."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house.project_files import ROOT


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--no-index", "-q"]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, "-w", str(folder), str(ROOT)], check=True)
    (wheel,) = folder.glob("clew-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_brings_the_web_application(packed: set[str]) -> None:
    """Who installs Clew with pip needs no Node."""
    assert "clew/api/static/index.html" in packed
    assert any(name.startswith("clew/api/static/") and name.endswith(".js") for name in packed)


def test_the_wheel_brings_every_statement_and_marker(packed: set[str]) -> None:
    """SQL files and the marker for type checkers are packed beside the modules."""
    needed = [*(ROOT / "src/clew").rglob("*.sql"), *(ROOT / "src/clew").rglob("*.proto"), ROOT / "src/clew/py.typed"]
    missing = {path.relative_to(ROOT / "src").as_posix() for path in needed} - packed
    assert missing == set()


def test_the_wheel_brings_nothing_else(packed: set[str]) -> None:
    """Tests, the source of the web application and machine settings stay at home."""
    assert {name.split("/")[0].split("-")[0] for name in packed} == {"clew"}
    assert [name for name in packed if "node_modules" in name or Path(name).suffix in {".ts", ".tsx", ".pyc"}] == []
