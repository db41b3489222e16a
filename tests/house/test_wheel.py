"""The package as it will be published. `make test` builds the web application first."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.house.project_files import ROOT

_SOURCES = sorted((ROOT / "src/clew").rglob("*.c"))
_COMPILED = [path.with_name(f"_{path.stem}.so").relative_to(ROOT / "src").as_posix() for path in _SOURCES]
_OPTIONS = ["--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--no-index", "-q"]


def pack_wheel(folder: Path, source: Path, compiler: str = "cc") -> Path:
    """The wheel that pip makes of a source tree, put into `folder`."""
    command = [sys.executable, "-m", "pip", "wheel", *_OPTIONS, "-w", str(folder), str(source)]
    subprocess.run(command, check=True, env={**os.environ, "CC": compiler})
    (wheel,) = folder.glob("clew-*.whl")
    return wheel


def names_in(wheel: Path) -> set[str]:
    """The names of its files."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is made where there is a C compiler."""
    return pack_wheel(tmp_path_factory.mktemp("wheel"), ROOT)


@pytest.fixture(scope="module")
def packed(wheel: Path) -> set[str]:
    """The names of the files in the wheel."""
    return names_in(wheel)


@pytest.fixture(scope="module")
def source_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is in the source distribution, unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(folder)], cwd=ROOT, check=True)
    (archive,) = folder.glob("clew-*.tar.gz")
    subprocess.run(["tar", "-xzf", str(archive), "-C", str(folder)], check=True)
    return folder / archive.name.removesuffix(".tar.gz")


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
    """Tests, sources of the web application and of compiled code, and machine settings stay at home."""
    assert {name.split("/")[0].split("-")[0] for name in packed} == {"clew"}
    assert [name for name in packed if "node_modules" in name] == []
    assert [name for name in packed if Path(name).suffix in {".ts", ".tsx", ".pyc", ".c", ".h"}] == []


def test_the_wheel_brings_compiled_code_for_this_platform(wheel: Path) -> None:
    """A wheel with a library of every C source says for which machine it is, and for every Python 3."""
    assert libraries(names_in(wheel)) == _COMPILED
    assert len(_COMPILED) > 0
    python, abi, platform = wheel.stem.split("-")[-3:]
    assert (python, abi) == ("py3", "none")
    assert platform != "any"


def test_without_a_compiler_the_wheel_is_for_every_platform(source_tree: Path, tmp_path: Path) -> None:
    """A source distribution has all that it takes, and without a compiler the wheel lacks compiled code only."""
    for path in [*_SOURCES, *(ROOT / "src/clew/wire").glob("*.h")]:
        assert (source_tree / path.relative_to(ROOT)).is_file()
    assert list((source_tree / "src").rglob("*.so")) == []
    wheel = pack_wheel(tmp_path, source_tree, compiler="no-such-compiler")
    assert wheel.stem.endswith("py3-none-any")
    assert libraries(names_in(wheel)) == []
    assert "clew/wire/otlp_scan.py" in names_in(wheel)


def libraries(names: Iterable[str]) -> list[str]:
    """The compiled files among them."""
    return sorted(name for name in names if name.endswith(".so"))
