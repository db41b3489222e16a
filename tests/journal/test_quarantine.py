from pathlib import Path

from clew.journal.quarantine import Quarantine, QuarantinedFile
from clew.journal.recovery import read_segment


def test_a_kept_record_can_be_read_back(tmp_path: Path) -> None:
    """It is a file of its own with one record, in the form of the journal."""
    quarantine = Quarantine(tmp_path / "quarantine")
    target = quarantine.keep("b", b"payload")
    assert [record.payload for record in read_segment(target)] == [b"payload"]
    quarantine.keep("a", b"")
    assert quarantine.files() == [QuarantinedFile("a", 7), QuarantinedFile("b", 14)]


def test_a_quarantine_that_is_not_there_is_empty(tmp_path: Path) -> None:
    """Nothing was set aside yet: no files, and no directory is made."""
    assert Quarantine(tmp_path / "quarantine").files() == []
    assert list(tmp_path.iterdir()) == []
