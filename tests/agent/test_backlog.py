from collections.abc import Iterator
from pathlib import Path

import pytest

from clew.agent.backlog import Backlog
from clew.agent.batches import Extent
from clew.journal.journal import Journal
from clew.journal.segment import Segment
from clew.journal.settings import JournalSettings
from tests.journal.appends import TIMEOUT_S, append

A, B = "http://a:4318", "http://b:4318"
ONE_EACH = JournalSettings(segment_bytes=1, min_free_bytes=0)
"""Each record is sealed alone."""


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    """Where the steps of segments are kept."""
    Backlog.clean(tmp_path / "journal", tmp_path / "steps")
    return tmp_path / "steps"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal with three segments."""
    journal = Journal(tmp_path / "journal", ONE_EACH)
    for number in range(3):
        append(journal, b"record-%d" % number).result(TIMEOUT_S)
    yield journal
    journal.close()


def taken(backlog: Backlog, url: str) -> int:
    """The number of the segment that the gateway gets; 0 when there is none for it."""
    task = backlog.take(url, 5.0)
    return 0 if task is None else task.segment.sequence


def test_the_oldest_segment_comes_first(journal: Journal, steps: Path) -> None:
    """Whoever asks next gets the next; what was put back is the oldest again, and another gateway may have it."""
    backlog = Backlog(journal, steps, [A, B])
    first = backlog.take(A, 5.0)
    assert first is not None
    assert (first.segment.sequence, taken(backlog, B)) == (1, 2)
    backlog.put_back(first)
    assert (taken(backlog, B), taken(backlog, A)) == (1, 3)


def test_a_bound_segment_waits_for_its_gateway(journal: Journal, steps: Path) -> None:
    """Nobody else gets it, and others go on meanwhile."""
    backlog = Backlog(journal, steps, [A, B])
    first = backlog.take(A, 5.0)
    assert first is not None
    first.progress.bind(Extent(0, 1), A)
    backlog.put_back(first)
    assert (taken(backlog, B), taken(backlog, A), taken(backlog, B)) == (2, 1, 3)


def test_after_a_restart_a_segment_is_still_bound(journal: Journal, steps: Path) -> None:
    """The journal hands it to whoever asks; it is kept for the gateway that it is bound to."""
    (steps / journal_names(journal)[0]).write_text(f"bind 0-1 {B}\n")
    backlog = Backlog(journal, steps, [A, B])
    assert backlog.take(A, 5.0) is None
    assert (taken(backlog, A), taken(backlog, B)) == (2, 1)


def test_a_gateway_that_is_no_more_binds_nothing(
    journal: Journal, steps: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """When it was taken out of the settings, another gets the batch, and the log says what that may mean."""
    (steps / journal_names(journal)[0]).write_text("bind 0-1 http://gone:4318\n")
    assert taken(Backlog(journal, steps, [A, B]), A) == 1
    assert "http://gone:4318 may have a batch" in caplog.text


def test_steps_that_can_not_be_read_cost_no_segment(journal: Journal, steps: Path) -> None:
    """The trouble is raised, and the segment comes again after the others."""
    name = journal_names(journal)[0]
    (steps / name).mkdir()
    backlog = Backlog(journal, steps, [A])
    with pytest.raises(IsADirectoryError):
        backlog.take(A, 5.0)
    (steps / name).rmdir()
    assert [taken(backlog, A) for _ in range(3)] == [2, 3, 1]


def test_without_segments_a_gateway_waits(tmp_path: Path) -> None:
    """After the timeout it is told that there is none."""
    journal = Journal(tmp_path / "journal", ONE_EACH)
    assert Backlog(journal, tmp_path, [A]).take(A, 0.01) is None
    journal.close()


def test_steps_of_segments_that_are_gone_are_removed(journal: Journal, steps: Path, tmp_path: Path) -> None:
    """Those of segments that are there stay."""
    name = journal_names(journal)[0]
    for each in (name, "0000000000000000-1-traces-default.otlp"):
        (steps / each).write_text("done 0-1\n")
    Backlog.clean(tmp_path / "journal", steps)
    assert [path.name for path in steps.iterdir()] == [name]


def journal_names(journal: Journal) -> list[str]:
    """The tokens of the sealed segments, oldest first."""
    segments: list[Segment] = []
    while len(segments) < 3:
        segment = journal.next_segment(5.0)
        assert segment is not None
        segments.append(segment)
    for segment in segments:
        journal.postpone(segment)
    return [segment.token for segment in segments]
