import errno
import os
import zlib
from pathlib import Path

import pytest

from clew.journal.ledger import KeyLedger
from clew.journal.position import position_key
from tests.journal.appends import key_of

ENTRY_BYTES = 36
A, B = b"a" * 16, b"b" * 16


def _written(path: Path, *keys: bytes) -> None:
    ledger = KeyLedger(path)
    ledger.add(keys)
    ledger.close()


def test_keys_are_known_after_reopening(tmp_path: Path) -> None:
    """What was added is there when the file is opened again, and nothing else."""
    _written(tmp_path / "keys", key_of(1), key_of(2))
    ledger = KeyLedger(tmp_path / "keys")
    assert key_of(1) in ledger
    assert key_of(2) in ledger
    assert key_of(3) not in ledger
    assert len(ledger) == 2
    ledger.close()


def test_an_entry_is_as_documented(tmp_path: Path) -> None:
    """36 bytes: the key, then its CRC-32, little-endian."""
    _written(tmp_path / "keys", key_of(7))
    assert (tmp_path / "keys").read_bytes() == key_of(7) + zlib.crc32(key_of(7)).to_bytes(4, "little")


def test_a_known_key_is_not_written_again(tmp_path: Path) -> None:
    """Adding a key twice takes the space of one."""
    ledger = KeyLedger(tmp_path / "keys")
    ledger.add([key_of(1)])
    ledger.add([key_of(1), key_of(2)])
    ledger.close()
    assert (tmp_path / "keys").stat().st_size == 2 * ENTRY_BYTES


def test_a_torn_last_entry_is_cut(tmp_path: Path) -> None:
    """Cut at any byte of the last entry, the ledger knows the others and goes on behind them."""
    _written(tmp_path / "keys", key_of(1), key_of(2))
    whole = (tmp_path / "keys").read_bytes()
    for length in range(ENTRY_BYTES, 2 * ENTRY_BYTES):
        (tmp_path / "keys").write_bytes(whole[:length])
        ledger = KeyLedger(tmp_path / "keys")
        assert key_of(1) in ledger
        assert key_of(2) not in ledger
        ledger.add([key_of(3)])
        ledger.close()
        reopened = KeyLedger(tmp_path / "keys")
        assert key_of(3) in reopened
        assert len(reopened) == 2
        reopened.close()


def test_a_damaged_entry_costs_only_its_own_key(tmp_path: Path) -> None:
    """A flipped bit in the middle doesn't make the ledger forget what comes behind it."""
    _written(tmp_path / "keys", key_of(1), key_of(2), key_of(3))
    damaged = bytearray((tmp_path / "keys").read_bytes())
    damaged[ENTRY_BYTES + 5] ^= 1
    (tmp_path / "keys").write_bytes(damaged)
    ledger = KeyLedger(tmp_path / "keys")
    assert [number for number in (1, 2, 3) if key_of(number) in ledger] == [1, 3]
    ledger.close()


def test_a_failed_sync_is_told_and_can_be_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys whose sync failed are not known, also not when cutting back fails; adding them again stores them whole."""
    ledger = KeyLedger(tmp_path / "keys")
    ledger.add([key_of(1)])
    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", _fail)
        with pytest.raises(OSError, match="Input/output"):
            ledger.add([key_of(2)])
        patched.setattr(os, "ftruncate", _fail)
        with pytest.raises(OSError, match="Input/output"):
            ledger.add([key_of(3), key_of(4)])
    assert key_of(2) not in ledger
    ledger.add([key_of(5)])
    ledger.close()
    reopened = KeyLedger(tmp_path / "keys")
    assert key_of(1) in reopened
    assert key_of(5) in reopened
    reopened.close()


def _fail(*_: object) -> int:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_the_furthest_position_of_a_source_stands_for_all_before_it(tmp_path: Path) -> None:
    """Of many positions of two sources one entry each is written, also those before it are known, none behind it."""
    ledger = KeyLedger(tmp_path / "keys")
    ledger.add([position_key(A, 5), position_key(B, 3), position_key(A, 9), key_of(1)])
    ledger.close()
    assert (tmp_path / "keys").stat().st_size == 3 * ENTRY_BYTES
    reopened = KeyLedger(tmp_path / "keys")
    assert [number for number in range(12) if position_key(A, number) in reopened] == list(range(10))
    assert (reopened.position(A), reopened.position(B), reopened.position(b"none of them kno")) == (9, 3, None)
    reopened.close()


def test_an_earlier_position_takes_nothing_back(tmp_path: Path) -> None:
    """A position that was passed is not written, and changes nothing."""
    ledger = KeyLedger(tmp_path / "keys")
    ledger.add([position_key(A, 9)])
    ledger.add([position_key(A, 4)])
    assert ledger.position(A) == 9
    ledger.close()
    assert (tmp_path / "keys").stat().st_size == ENTRY_BYTES


@pytest.mark.parametrize("reopens", [True, False])
def test_passed_positions_are_dropped_from_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reopens: bool
) -> None:
    """A file in which most entries were passed is written anew, while open and when opened, and loses no key."""
    monkeypatch.setattr("clew.journal.ledger._MOST_OUTDATED", 10_000 if reopens else 50)
    ledger = KeyLedger(tmp_path / "keys")
    ledger.add([key_of(1), position_key(B, 1)])
    for number in range(100):
        ledger.add([position_key(A, number)])
    if reopens:
        ledger.close()
        monkeypatch.setattr("clew.journal.ledger._MOST_OUTDATED", 50)
        ledger = KeyLedger(tmp_path / "keys")
    assert (tmp_path / "keys").stat().st_size < 60 * ENTRY_BYTES
    ledger.add([key_of(2)])
    ledger.close()
    reopened = KeyLedger(tmp_path / "keys")
    assert (key_of(1) in reopened, key_of(2) in reopened, reopened.position(A), reopened.position(B)) == (
        True,
        True,
        99,
        1,
    )
    reopened.close()
