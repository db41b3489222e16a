"""The compiled encoder of spans, when there is one for this interpreter: a tenth of the time, and the same bytes."""

import ctypes
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

CompiledEncoder = Callable[..., bytes]
_LIBRARY = "_spans.so"
_INTERFACE = 1
_SWITCH = "CLEW_COMPILED"


def load_compiled(directory: Path = Path(__file__).parent) -> CompiledEncoder | None:
    """The function of `spans.c`; None without a compiled file, or with the environment variable `CLEW_COMPILED=0`."""
    if os.environ.get(_SWITCH) == "0":
        return None
    try:
        library = ctypes.PyDLL(str(directory / _LIBRARY))
        if library.clew_spans_interface() != _INTERFACE:
            return None
        function: Any = library.encode_spans
    except (OSError, AttributeError):  # not built, or for another interpreter
        return None
    function.argtypes = [ctypes.py_object] * 4
    function.restype = ctypes.py_object
    return function  # type: ignore[no-any-return]  # ctypes types nothing
