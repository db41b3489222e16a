"""Compiled translations to OTLP bytes, loaded with ctypes; without them all works, only slower.

As the compiled scanner (compiled_library.py), they can only save time: each takes the ordinary bodies of its format and
says "don't know" to all others, malformed or only unusual ones. Those are for the translation in Python, which decides,
refuses and explains; what both take they MUST translate to the same bytes.
"""

import ctypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from clew.wire.compiled_library import is_switched_off

FOLDER = Path(__file__).parent
INTERFACE = 1  # as in otlp_build.h
# Above, other threads go on meanwhile; below (0.1 ms) waiting to get the GIL back would cost more: see otlp_scan.py.
GIL_KEPT_BYTES = 2**16


@dataclass(frozen=True, slots=True)
class Translation:
    """The C function `function` of the library that is built from `<library>.c`."""

    library: str
    function: str

    def translate(self, body: bytes) -> bytes | None:
        """OTLP bytes; None when the compiled code doesn't know, is switched off or isn't there."""
        calls = load_calls(self)
        return calls.run(body) if calls else None


@dataclass(frozen=True, slots=True)
class _Calls:
    """The same function twice: one call keeps the GIL, the other releases it."""

    keeping: Any
    releasing: Any
    free: Any

    def run(self, body: bytes) -> bytes | None:
        written = ctypes.c_void_p()
        length = ctypes.c_size_t()
        call = self.keeping if len(body) <= GIL_KEPT_BYTES else self.releasing
        if not call(body, len(body), ctypes.byref(written), ctypes.byref(length)):
            return None
        try:
            return ctypes.string_at(written, length.value)
        finally:
            self.free(written)


@cache
def load_calls(translation: Translation) -> _Calls | None:
    """Its calls, once loaded; None when they are switched off, missing, of another version or of another machine."""
    return None if is_switched_off() else open_calls(FOLDER / f"_{translation.library}.so", translation.function)


def open_calls(path: Path, function: str) -> _Calls | None:
    """The function in a file; None when it can't be used."""
    try:
        keeping, releasing = ctypes.PyDLL(str(path)), ctypes.CDLL(str(path))
        if keeping.clew_translation_interface() != INTERFACE:
            return None
        keeping.clew_translation_free.argtypes = [ctypes.c_void_p]
        keeping.clew_translation_free.restype = None
        return _Calls(_declared(keeping, function), _declared(releasing, function), keeping.clew_translation_free)
    except (OSError, AttributeError):
        return None


def _declared(library: ctypes.CDLL, name: str) -> Any:
    function = library[name]
    function.argtypes = [
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.POINTER(ctypes.c_void_p),
        ctypes.POINTER(ctypes.c_size_t),
    ]
    function.restype = ctypes.c_int
    return function
