"""The compiled scanner of OTLP bytes (otlp_scan.c), loaded with ctypes; without it all works, only slower.

It is built when Clew is installed where there is a C compiler (hatch_build.py). CLEW_COMPILED=0 switches it off.
"""

import ctypes
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

LIBRARY = Path(__file__).with_name("_otlp_scan.so")
SWITCH = "CLEW_COMPILED"
INTERFACE = 1  # as in otlp_scan.c: another one has other structures


class FieldEntry(ctypes.Structure):
    """`struct field` of otlp_scan.c."""

    _fields_ = (
        ("excluded", ctypes.c_uint32),
        ("wire_type", ctypes.c_uint8),
        ("kind", ctypes.c_uint8),
        ("message", ctypes.c_uint8),
        ("exact_bytes", ctypes.c_uint8),
        ("flags", ctypes.c_uint32),
    )


class MessageEntry(ctypes.Structure):
    """`struct message` of otlp_scan.c."""

    _fields_ = (("required", ctypes.c_uint32), ("first_field", ctypes.c_uint16), ("last_number", ctypes.c_uint16))


class Found(ctypes.Structure):
    """`struct found` of otlp_scan.c: what was counted in a body.

    `records` in `groups`; `items` (attributes, events, links) of all of them; `most_attributes` of one record or
    parent; `repeated_bytes`: the sum of (resource or scope bytes) times records; `outer_fields`: all fields of the
    messages around the records, and `largest_bytes` of one that is no group.
    """

    records: int
    groups: int
    items: int
    most_attributes: int
    repeated_bytes: int
    outer_fields: int
    largest_bytes: int
    _fields_ = (
        ("records", ctypes.c_uint64),
        ("groups", ctypes.c_uint64),
        ("items", ctypes.c_uint64),
        ("most_attributes", ctypes.c_uint64),
        ("repeated_bytes", ctypes.c_uint64),
        ("outer_fields", ctypes.c_uint64),
        ("largest_bytes", ctypes.c_uint64),
    )


ScanFunction: TypeAlias = Callable[..., int]


@dataclass(frozen=True, slots=True)
class Library:
    """The same function twice: one call keeps the GIL, the other releases it."""

    scan_short: ScanFunction
    scan_long: ScanFunction


@cache
def load_library() -> Library | None:
    """The library, once loaded; None when it is switched off, missing, of another version or of another machine."""
    return None if is_switched_off() else open_library(LIBRARY)


def is_switched_off() -> bool:
    """Does the environment say so?"""
    return os.environ.get(SWITCH) == "0"


def open_library(path: Path) -> Library | None:
    """The library in a file; None when it can't be used."""
    try:
        keeping, releasing = ctypes.PyDLL(str(path)), ctypes.CDLL(str(path))
        if keeping.clew_otlp_scan_interface() != INTERFACE:
            return None
        return Library(_declared(keeping), _declared(releasing))
    except (OSError, AttributeError):
        return None


def _declared(library: ctypes.CDLL) -> ScanFunction:
    function = library.clew_otlp_scan
    function.argtypes = [
        ctypes.POINTER(FieldEntry),
        ctypes.POINTER(MessageEntry),
        ctypes.c_uint,
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.POINTER(Found),
    ]
    function.restype = ctypes.c_int
    return function
