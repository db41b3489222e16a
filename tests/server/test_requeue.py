from pathlib import Path

import pytest

from clew.errors import BadQuery
from clew.journal.record import encode_record
from clew.journal.segment import segment_name
from clew.server.requeue import requeue_files

WHOLE = segment_name(3, 1763683200123, "traces/default")


def test_each_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is back in the journal, and what stays and why; the exit code says whether all of it went."""
    quarantine = tmp_path / "quarantine"
    quarantine.mkdir()
    (quarantine / WHOLE).write_bytes(b"".join(encode_record(b"x")))
    (quarantine / f"{WHOLE}.damaged").touch()
    assert requeue_files(tmp_path, [WHOLE]) == 0
    assert capsys.readouterr().err == f"{WHOLE} is back in the journal\nstart Clew to load it\n"
    assert requeue_files(tmp_path, []) == 1
    assert capsys.readouterr().err.startswith(f"{WHOLE}.damaged stays: ")


def test_a_name_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A misspelt name moves nothing, and the message says where names are listed."""
    with pytest.raises(BadQuery, match="`clew doctor` lists"):
        requeue_files(tmp_path, ["nothing"])
