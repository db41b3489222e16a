from pathlib import Path

import pytest

from clew.agent.batches import BATCH_BYTES, Extent
from clew.agent.task import Task, begin
from clew.journal.record import encode_record
from clew.journal.segment import Segment

SEGMENT = "0000000000000001-1000-traces-default.otlp"


def segment_of(directory: Path, *payloads: bytes) -> Segment:
    """A sealed segment with the payloads."""
    (directory / "steps").mkdir()
    path = directory / SEGMENT
    path.write_bytes(b"".join(piece for payload in payloads for piece in encode_record(payload)))
    return Segment(1, 1000, "traces/default", path, path.stat().st_size)


def opened(segment: Segment, directory: Path) -> Task:
    """The task of the segment, after a restart as before."""
    task = begin(segment, directory / "steps")
    task.open()
    return task


def payloads_left(task: Task) -> list[list[bytes]]:
    """Takes every batch that is left; the payloads of each."""
    left = []
    while (batch := task.next_batch()) is not None:
        left.append([record.payload for record in batch.records])
        task.progress.finish(batch.extent)
    return left


def test_batches_come_in_order_until_each_is_done(tmp_path: Path) -> None:
    """The same one comes again until it is done; what is done does not come again after a restart."""
    large = b"x" * BATCH_BYTES
    segment = segment_of(tmp_path, b"a", b"b", large, b"c")
    task = opened(segment, tmp_path)
    first = task.next_batch()
    assert first is not None
    assert first == task.next_batch()
    assert [record.payload for record in first.records] == [b"a", b"b"]
    task.progress.finish(first.extent)
    assert payloads_left(opened(segment, tmp_path)) == [[large], [b"c"]]
    assert opened(segment, tmp_path).next_batch() is None


def test_a_cut_batch_comes_in_halves(tmp_path: Path) -> None:
    """Halves of halves, in order, and the same after a restart."""
    segment = segment_of(tmp_path, b"a", b"b", b"c", b"d")
    task = opened(segment, tmp_path)
    for _ in range(2):
        batch = task.next_batch()
        assert batch is not None
        task.progress.cut(batch.extent)
    assert payloads_left(opened(segment, tmp_path)) == [[b"a"], [b"b"], [b"c", b"d"]]


def test_a_single_record_can_not_be_cut(tmp_path: Path) -> None:
    """It comes as it is, whatever the file says."""
    task = opened(segment_of(tmp_path, b"a"), tmp_path)
    batch = task.next_batch()
    assert batch is not None
    task.progress.cut(batch.extent)
    assert task.next_batch() == batch


def test_a_damaged_segment_is_sent_as_far_as_it_can_be_read(tmp_path: Path) -> None:
    """The task knows that it is not whole."""
    segment = segment_of(tmp_path, b"aaaa", b"bbbb", b"cccc")
    data = segment.path.read_bytes()
    segment.path.write_bytes(data.replace(b"bbbb", b"bbxb"))
    task = opened(segment, tmp_path)
    assert not task.is_whole
    assert payloads_left(task) == [[b"aaaa", b"cccc"]]


def test_a_task_is_bound_by_its_steps(tmp_path: Path) -> None:
    """The gateway that may have a batch is known, also after a restart."""
    task = begin(segment_of(tmp_path, b"a"), tmp_path / "steps")
    assert task.bound_url is None
    task.progress.bind(Extent(0, 8), "http://a")
    assert begin(task.segment, tmp_path / "steps").bound_url == "http://a"


def test_a_segment_that_was_removed_is_noticed(tmp_path: Path) -> None:
    """Opening it says so."""
    segment = segment_of(tmp_path, b"a")
    segment.path.unlink()
    with pytest.raises(FileNotFoundError):
        begin(segment, tmp_path / "steps").open()
