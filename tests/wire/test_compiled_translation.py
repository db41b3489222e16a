import os
import random
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValueList

from clew.wire import compiled_translation
from clew.wire.compiled_translation import GIL_KEPT_BYTES, Translation, load_calls, open_calls
from tests.house.project_files import ROOT
from tests.wire.sanitized import run_sanitized

_STEPS = ROOT / "tests/wire/otlp_build_steps.c"
_FUNCTION = "clew_take_steps"
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_SCALARS = st.one_of(_TEXT, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.binary(max_size=200))
_VALUES = st.recursive(_SCALARS, lambda inner: st.lists(st.tuples(_TEXT, inner), max_size=12), max_leaves=40)
_LISTS = st.lists(st.tuples(_TEXT, _VALUES), max_size=12)


def build(source: Path, folder: Path) -> Path:
    """A library of one C source."""
    library = folder / f"_{source.stem}.so"
    options = ["-std=c11", "-shared", "-fPIC", f"-I{ROOT / 'src/clew/wire'}"]
    subprocess.run(["cc", *options, "-o", str(library), str(source)], check=True)
    return library


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The library that writes what it is told."""
    return open_calls(build(_STEPS, tmp_path_factory.mktemp("steps")), _FUNCTION)


def _short(text: bytes) -> bytes:
    return bytes([len(text)]) + text


def _steps(items: list[tuple[str, Any]], guess: random.Random) -> bytes:
    """What has to be done to write the list, guessing the lengths of messages at random."""
    return b"".join(_step(key.encode(), value, guess) for key, value in items)


def _step(key: bytes, value: Any, guess: random.Random) -> bytes:
    match value:
        case str():
            return b"t" + _short(key) + _short(value.encode())
        case bytes():
            return b"y" + _short(key) + _short(value)
        case bool():
            return b"b" + _short(key) + struct.pack("<Q", value)
        case int():
            return b"i" + _short(key) + struct.pack("<q", value)
        case float():
            return b"d" + _short(key) + struct.pack("<d", value)
    opened = [b"<" + bytes([number, guess.randrange(6)]) for number in (1, 2, 6)]
    name = b"k" + _short(key) if key else b""
    return opened[0] + name + opened[1] + opened[2] + _steps(value, guess) + b">>>"


def _message(items: list[tuple[str, Any]]) -> KeyValueList:
    written = KeyValueList()
    for key, value in items:
        written.values.add(key=key).value.CopyFrom(_any_value(value))
    return written


def _any_value(value: Any) -> AnyValue:
    match value:
        case str():
            return AnyValue(string_value=value)
        case bytes():
            return AnyValue(bytes_value=value)
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
    return AnyValue(kvlist_value=_message(value))


@given(_LISTS, st.integers(0, 2**32))
def test_what_is_written_is_what_upb_writes(calls: Any, items: list[tuple[str, Any]], seed: int) -> None:
    """Attributes of every type, at any depth and whatever length was guessed, byte by byte."""
    assert calls.run(_steps(items, random.Random(seed))) == _message(items).SerializeToString()


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])
def test_lengths_at_the_edges_of_their_encoding_are_written_right(calls: Any, size: int) -> None:
    """A message of each length, whatever was guessed, and so long that the output must grow."""
    filling = b"4\x00" + struct.pack("<Q", 7)
    for guess in range(6):
        written = calls.run(b"<" + bytes([9, guess]) + filling * (size // 5) + b">")
        length = size // 5 * 5
        header = b"\x4a" + _varint(length)
        assert written == header + b"\x25\x07\x00\x00\x00" * (length // 5)


def _varint(value: int) -> bytes:
    return AnyValue(int_value=value).SerializeToString()[1:]


def test_nothing_written_is_no_dont_know(calls: Any) -> None:
    """An empty message is b"", and None only the answer that it doesn't know, also of a long body."""
    assert calls.run(b"") == b""
    assert calls.run(b"?") is None
    assert calls.run(b"<\x01\x01" * (GIL_KEPT_BYTES // 2) + b"?") is None


def test_no_steps_make_it_write_outside_of_its_memory(tmp_path: Path, calls: Any) -> None:
    """Under sanitizers of memory and behaviour, thousands of random steps give the same bytes."""
    choose = random.Random(1)
    letters = b"<>tybidkv4"
    bodies = [
        b"".join(bytes([choose.choice(letters)]) + choose.randbytes(choose.randrange(12)) for _ in range(40))
        for _ in range(2_000)
    ]
    assert run_sanitized(_STEPS, _FUNCTION, bodies, tmp_path) == [calls.run(body) for body in bodies]


@pytest.mark.parametrize("source", [None, "", "int clew_translation_interface(void) { return 0; }"])
def test_what_is_no_such_library_is_not_used(source: str | None, tmp_path: Path) -> None:
    """A missing file, a library without the functions and one of another version are as none."""
    path = tmp_path / "other.c"
    if source is not None:
        path.write_text(source)
        build(path, tmp_path)
    assert open_calls(tmp_path / "_other.so", _FUNCTION) is None


def test_a_library_without_the_function_is_not_used(tmp_path: Path) -> None:
    """Nor one that has other translations only."""
    assert open_calls(build(_STEPS, tmp_path), "clew_something_else") is None


def test_it_is_loaded_from_beside_the_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A translation is found by the name of its source."""
    build(_STEPS, tmp_path)
    monkeypatch.setattr(compiled_translation, "FOLDER", tmp_path)
    assert Translation("otlp_build_steps", _FUNCTION).translate(b"v\x00" + bytes(8)) == b"\x18\x00"
    assert Translation("otlp_build_other", _FUNCTION).translate(b"") is None
    load_calls.cache_clear()


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    """CLEW_COMPILED=0 leaves it alone; any other value doesn't."""
    build(_STEPS, tmp_path)
    script = (
        "import sys; from pathlib import Path; from clew.wire import compiled_translation as it;"
        "it.FOLDER = Path(sys.argv[1]); print(it.Translation('otlp_build_steps', 'clew_take_steps').translate(b''))"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)],
            env={**os.environ, "CLEW_COMPILED": switch, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for switch in "10"
    ]
    assert said == ["b''\n", "None\n"]
