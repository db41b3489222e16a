import os
import subprocess
import sys
from pathlib import Path

import pytest

from clew.wire.compiled_library import LIBRARY, SWITCH, load_library, open_library
from clew.wire.otlp_signals import TRACES
from tests.wire.otlp_samples import make_request

_LOADS = "from clew.wire.compiled_library import load_library; print(load_library() is not None)"


def _loads(switch: str) -> str:
    environ = {**os.environ, SWITCH: switch, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [sys.executable, "-c", _LOADS], env=environ, capture_output=True, text=True, check=True
    ).stdout


def test_the_library_is_built_with_the_environment() -> None:
    """`make setup` builds it where there is a C compiler, and it can be loaded."""
    assert LIBRARY.is_file(), "run `make setup` with a C compiler (Debian: gcc)"
    assert open_library(LIBRARY) is not None


def test_it_can_be_switched_off() -> None:
    """CLEW_COMPILED=0 leaves it alone; any other value doesn't."""
    assert [_loads("1"), _loads("0")] == ["True\n", "False\n"]


@pytest.mark.parametrize("source", [None, "", "int clew_otlp_scan_interface(void) { return 0; }"])
def test_what_is_no_such_library_is_not_used(source: str | None, tmp_path: Path) -> None:
    """A missing file, a library without the functions and one of another version are as none."""
    library = tmp_path / "other.so"
    if source is not None:
        (tmp_path / "other.c").write_text(source)
        subprocess.run(["cc", "-shared", "-o", str(library), str(tmp_path / "other.c")], check=True)
    assert open_library(library) is None


def test_a_file_that_is_no_library_is_not_used(tmp_path: Path) -> None:
    """Nor is a file of another machine, or a damaged one."""
    library = tmp_path / "broken.so"
    library.write_bytes(b"\x7fELF" + bytes(100))
    assert open_library(library) is None


def test_without_it_nothing_is_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scan of a good request says nothing when there is no library."""
    body = make_request(1).SerializeToString()
    table = TRACES.scan_table
    assert table.scan(body) is not None
    load_library.cache_clear()
    monkeypatch.setenv(SWITCH, "0")
    try:
        assert table.scan(body) is None
    finally:
        load_library.cache_clear()
