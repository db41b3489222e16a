import contextlib
import errno
import os
from pathlib import Path

import pytest

from clew.errors import JournalFull
from clew.journal.journal import Journal
from clew.journal.position import Position, position_key, read_position
from clew.journal.record import KEY_BYTES, AppendResult
from tests.journal.appends import LARGE, QUICK, TIMEOUT_S, append, key_of

SOURCE = b"sixteen of these"


@pytest.mark.parametrize("number", [0, 1, 2**40, 2**63 - 1])
def test_a_position_comes_back_from_its_key(number: int) -> None:
    """A key holds source and number, in as many bytes as any key."""
    key = position_key(SOURCE, number)
    assert len(key) == KEY_BYTES
    assert read_position(key) == Position(SOURCE, number)


def test_keys_of_one_source_sort_by_number() -> None:
    """A later position is a larger key."""
    numbers = [0, 1, 255, 256, 2**32, 2**40]
    assert sorted(position_key(SOURCE, number) for number in numbers) == [position_key(SOURCE, n) for n in numbers]


def test_other_keys_are_no_positions() -> None:
    """A key that doesn't begin with the mark says nothing."""
    assert read_position(key_of(7)) is None


def test_a_source_of_another_length_is_refused() -> None:
    """A source must have its 16 bytes, or the key would be another's."""
    with pytest.raises(ValueError, match="16 bytes"):
        position_key(b"short", 1)


def test_a_position_outlives_loads_and_crashes(tmp_path: Path) -> None:
    """The furthest durable position of a source is known while its segment waits, after its release, and after both."""
    source, other = b"s" * 16, b"o" * 16
    with contextlib.closing(Journal(tmp_path, QUICK)) as journal:
        assert journal.position(source) is None
        append(journal, b"one", key=position_key(source, 10)).result(TIMEOUT_S)
        assert journal.position(source) == 10
        segment = journal.next_segment(TIMEOUT_S)
        assert segment is not None
        journal.release(segment)
        assert journal.position(source) == 10
        append(journal, b"two", key=position_key(source, 25)).result(TIMEOUT_S)
        append(journal, b"three", key=position_key(other, 3)).result(TIMEOUT_S)
    with contextlib.closing(Journal(tmp_path, LARGE)) as journal:
        assert (journal.position(source), journal.position(other)) == (25, 3)
        assert append(journal, b"two", key=position_key(source, 25)).result(TIMEOUT_S) is AppendResult.REPEATED


def test_a_position_that_failed_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk refuses a batch, the source stays where it was."""
    source = b"s" * 16
    with contextlib.closing(Journal(tmp_path, LARGE)) as journal:
        append(journal, b"one", key=position_key(source, 10)).result(TIMEOUT_S)
        with monkeypatch.context() as patched:
            patched.setattr(os, "fdatasync", _refuse)
            with pytest.raises(JournalFull):
                append(journal, b"two", key=position_key(source, 20)).result(TIMEOUT_S)
        assert journal.position(source) == 10


def _refuse(fd: int) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))
