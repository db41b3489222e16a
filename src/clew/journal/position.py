"""A key that says how far a source was stored: of all those of one source, only the furthest needs to be remembered.

A door that reads numbered records (a partition of Kafka) appends them in order, a batch with the position behind its
last record as its key. After a crash the journal knows where to go on, and the ledger stays as small as there are
sources, where a key for each batch would take 100 bytes of memory for ever.
"""

from typing import NamedTuple

SOURCE_BYTES = 16
_MARK = b"position"  # other keys are hashes: one of 2**64 of them begins like this
_NUMBER_BYTES = 8


class Position(NamedTuple):
    """Everything of the source before `number` is stored."""

    source: bytes
    number: int


def position_key(source: bytes, number: int) -> bytes:
    """The 32 bytes of a position; raises ValueError when the source hasn't 16 bytes."""
    if len(source) != SOURCE_BYTES:
        raise ValueError(f"a source has {SOURCE_BYTES} bytes, this one {len(source)}")
    return _MARK + source + number.to_bytes(_NUMBER_BYTES, "big")


def read_position(key: bytes) -> Position | None:
    """What a key says, or None when it is no position."""
    if not key.startswith(_MARK):
        return None
    at = len(_MARK) + SOURCE_BYTES
    return Position(key[len(_MARK) : at], int.from_bytes(key[at:], "big"))
