from pathlib import Path

import pytest

from clew.errors import JournalLocked
from clew.journal.journal import Journal
from clew.journal.record import encode_record
from clew.journal.requeue import Requeued, requeue
from clew.journal.segment import segment_name
from tests.journal.appends import LARGE, stored

WHOLE = segment_name(3, 1763683200123, "traces/default")


def _put(quarantine: Path, name: str) -> None:
    quarantine.mkdir(exist_ok=True)
    (quarantine / name).write_bytes(b"".join(encode_record(name.encode())))


def test_segments_and_records_go_back_into_the_journal(tmp_path: Path) -> None:
    """A segment keeps its name, a record gets one of its own, and what is damaged or unknown stays."""
    journal, quarantine = tmp_path / "journal", tmp_path / "quarantine"
    for name in (WHOLE, f"{WHOLE}.4-5", f"{WHOLE}.damaged", "notes.txt"):
        _put(quarantine, name)
    assert requeue(journal, quarantine) == [
        Requeued(WHOLE, WHOLE),
        Requeued(f"{WHOLE}.4-5", segment_name(1, 1763683200123, "traces/default")),
        Requeued(f"{WHOLE}.damaged", None),
        Requeued("notes.txt", None),
    ]
    assert sorted(path.name for path in quarantine.iterdir()) == [f"{WHOLE}.damaged", "notes.txt"]
    assert stored(journal) == [f"{WHOLE}.4-5".encode(), WHOLE.encode()]
    opened = Journal(journal, LARGE)
    assert opened.usage().waiting_segments == 2
    opened.close()


def test_only_named_files_are_moved(tmp_path: Path) -> None:
    """With names, the others stay."""
    journal, quarantine = tmp_path / "journal", tmp_path / "quarantine"
    other = segment_name(4, 1, "logs/t")
    for name in (WHOLE, other):
        _put(quarantine, name)
    assert [each.name for each in requeue(journal, quarantine, [other])] == [other]
    assert [path.name for path in quarantine.iterdir()] == [WHOLE]


def test_nothing_set_aside_is_no_error(tmp_path: Path) -> None:
    """Without a quarantine there is nothing to do."""
    assert requeue(tmp_path / "journal", tmp_path / "quarantine") == []


def test_a_journal_in_use_is_left_alone(tmp_path: Path) -> None:
    """While a Clew runs there, nothing is moved."""
    quarantine = tmp_path / "quarantine"
    _put(quarantine, WHOLE)
    opened = Journal(tmp_path / "journal", LARGE)
    with pytest.raises(JournalLocked):
        requeue(tmp_path / "journal", quarantine)
    opened.close()
    assert (quarantine / WHOLE).exists()
