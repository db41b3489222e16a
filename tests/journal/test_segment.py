import errno
import os
from pathlib import Path

import pytest

from clew.errors import JournalError
from clew.journal.record import encode_record
from clew.journal.recovery import read_segment
from clew.journal.segment import OpenSegment, Segment, check_stream, find_segments, segment_name

STREAM = "traces/default"


def _open(directory: Path, sequence: int = 1, stream: str = STREAM) -> OpenSegment:
    return OpenSegment(directory, sequence, 1763683200123, stream, opened_s=0.0)


def test_a_name_says_everything(tmp_path: Path) -> None:
    """What find_segments reads from a name is what segment_name put there, with odd tenants and clocks too."""
    streams = [STREAM, "logs/a-b.c_d-9", "traces/x.otlp", "traces/x.otlp.open", "traces/-", "traces/..", "logs/1-2-3"]
    for number, stream in enumerate(streams):
        for created_ms in (0, 12345, 1763683200123):
            path = tmp_path / segment_name(10 * number + len(str(created_ms)) % 10, created_ms, stream)
            path.write_bytes(b"12345")
            (found,) = find_segments(tmp_path)
            assert found == Segment(10 * number + len(str(created_ms)) % 10, created_ms, stream, path, 5)
            assert found.token == path.name
            path.unlink()


def test_segments_are_found_in_order(tmp_path: Path) -> None:
    """The oldest comes first, whether sealed or open."""
    for sequence in (12, 3, 100):
        _open(tmp_path, sequence).write([b"x"])
    _open(tmp_path, 7).seal()
    assert [segment.sequence for segment in find_segments(tmp_path)] == [3, 7, 12, 100]


@pytest.mark.parametrize("name", ["notes.txt", "1-1-traces-x.otlp", "0000000000000001-1-traces-x.otlp.tmp"])
def test_a_strange_file_is_an_error(tmp_path: Path, name: str) -> None:
    """A file that isn't named like a segment is named in the error, with what to do."""
    (tmp_path / name).touch()
    with pytest.raises(JournalError, match="move it elsewhere"):
        find_segments(tmp_path)


@pytest.mark.parametrize(
    "stream", ["", "traces", "traces/", "Traces/x", "traces/X", "traces/a/b", "../x", "t/" + "a" * 65]
)
def test_a_stream_that_can_not_be_a_file_name_is_refused(stream: str) -> None:
    """Only <signal>/<tenant> in lower-case letters, digits, `_`, `.`, `-` is a stream."""
    with pytest.raises(ValueError, match="<signal>/<tenant>"):
        check_stream(stream)


def test_a_segment_is_sealed_under_its_token(tmp_path: Path) -> None:
    """Sealing takes `.open` off the name and keeps the bytes."""
    opened = _open(tmp_path)
    opened.write(list(encode_record(b"payload")))
    sealed = opened.seal()
    assert sealed.path.name == segment_name(1, 1763683200123, STREAM) == sealed.token
    assert [record.payload for record in read_segment(sealed.path)] == [b"payload"]
    assert sealed.size_bytes == sealed.path.stat().st_size
    assert find_segments(tmp_path) == [sealed]


def test_a_number_is_not_used_twice(tmp_path: Path) -> None:
    """An existing file is never written over."""
    _open(tmp_path).write([b"x"])
    with pytest.raises(FileExistsError):
        _open(tmp_path)


def test_a_failed_sync_leaves_the_segment_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the sync fails the file is cut back, and what is written next is whole."""
    opened = _open(tmp_path)
    opened.write(list(encode_record(b"first")))
    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", _fail)
        with pytest.raises(OSError, match="Input/output"):
            opened.write(list(encode_record(b"second")))
    assert opened.path.stat().st_size == opened.size_bytes
    opened.write(list(encode_record(b"third")))
    assert [record.payload for record in read_segment(opened.seal().path)] == [b"first", b"third"]


def test_what_could_not_be_cut_back_at_once_is_cut_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When cutting back fails too, nothing is written behind the torn record, and sealing cuts it off."""
    opened = _open(tmp_path)
    opened.write(list(encode_record(b"first")))
    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", _fail)
        patched.setattr(os, "ftruncate", _fail)
        for _ in range(2):
            with pytest.raises(OSError, match="Input/output"):
                opened.write(list(encode_record(b"second")))
        with pytest.raises(OSError, match="Input/output"):
            opened.seal()
    sealed = opened.seal()
    assert [record.payload for record in read_segment(sealed.path)] == [b"first"]
    assert sealed.size_bytes == sealed.path.stat().st_size


def test_a_failed_seal_can_be_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the rename fails the segment stays open and usable; no descriptor is closed twice."""
    opened = _open(tmp_path)
    opened.write(list(encode_record(b"first")))
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", _fail)
        with pytest.raises(OSError, match="Input/output"):
            opened.seal()
    opened.write(list(encode_record(b"second")))
    assert [record.payload for record in read_segment(opened.seal().path)] == [b"first", b"second"]


def test_an_empty_segment_is_discarded(tmp_path: Path) -> None:
    """A segment to which nothing could be written leaves no file."""
    _open(tmp_path).discard()
    assert find_segments(tmp_path) == []


def _fail(*_: object) -> int:
    raise OSError(errno.EIO, os.strerror(errno.EIO))
