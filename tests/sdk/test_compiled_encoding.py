import os
import subprocess
import sys
from pathlib import Path

import pytest

from clew.sdk.compiled_encoding import load_compiled
from clew.sdk.encoding import encode_spans, encode_spans_in_python


def test_it_is_used_where_it_was_built() -> None:
    """`make setup` builds it, so that these tests test it."""
    assert load_compiled() is not None
    assert encode_spans is not encode_spans_in_python


def test_python_takes_over_where_there_is_none(tmp_path: Path) -> None:
    """Nothing there, something that is no library, and a library without the function."""
    assert load_compiled(tmp_path) is None
    (tmp_path / "_spans.so").write_bytes(b"no library")
    assert load_compiled(tmp_path) is None


def test_it_can_be_switched_off() -> None:
    """With a variable, at the start of the program."""
    program = "from clew.sdk.encoding import encode_spans; print(encode_spans.__name__)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "CLEW_COMPILED": "0"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "encode_spans_in_python"


def test_what_is_no_list_of_spans_raises() -> None:
    """As Python would, and nothing else happens."""
    compiled = load_compiled()
    assert compiled is not None
    with pytest.raises(SystemError):
        compiled(None, None, None, None)
    with pytest.raises(AttributeError):
        compiled([object()], None, None, None)
