import os
from pathlib import Path

import pytest

from clew.errors import JournalError
from clew.journal.sequence import SequenceNumbers


def test_numbers_count_up(tmp_path: Path) -> None:
    """The first number is 1, and each is one more than the last, beyond what is reserved at once."""
    numbers = SequenceNumbers(tmp_path / "sequence", 0)
    assert [numbers.take() for _ in range(2500)] == list(range(1, 2501))
    assert numbers.last == 2500


def test_no_number_comes_twice_after_a_crash(tmp_path: Path) -> None:
    """With the file `sequence` alone, all numbers after reopening are new, however few were used."""
    seen: set[int] = set()
    for used in (1, 999, 1000, 1001, 0, 5):
        numbers = SequenceNumbers(tmp_path / "sequence", 0)
        taken = [numbers.take() for _ in range(used)]
        assert not seen & set(taken)
        assert not seen or not taken or min(taken) > max(seen)
        seen.update(taken)


def test_numbers_are_above_those_of_segments(tmp_path: Path) -> None:
    """Should the file be lost, the segments that are there are counted from."""
    assert SequenceNumbers(tmp_path / "sequence", 4711).take() == 4712


def test_a_number_is_reserved_before_it_is_used(tmp_path: Path) -> None:
    """What the file says is never below a number given out, so that a crash can't bring it again."""
    numbers = SequenceNumbers(tmp_path / "sequence", 0)
    for _ in range(1500):
        number = numbers.take()
        assert int((tmp_path / "sequence").read_text()) >= number


@pytest.mark.parametrize("content", [b"", b"12x", b"\xff\xfe", b"-5"])
def test_an_unreadable_file_is_an_error_that_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    """Guessing a number could repeat one."""
    (tmp_path / "sequence").write_bytes(content)
    with pytest.raises(JournalError, match="write a number there"):
        SequenceNumbers(tmp_path / "sequence", 0)


def test_a_short_write_reserves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk part of the digits may get through; that must not become the reserved number."""
    numbers = SequenceNumbers(tmp_path / "sequence", 5000)
    write = os.write
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", lambda fd, data: write(fd, data[:1]))
        with pytest.raises(OSError, match="No space left"):
            numbers.take()
    assert not (tmp_path / "sequence").exists()
    assert numbers.take() == 5001
