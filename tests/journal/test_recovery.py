from pathlib import Path

import pytest

from clew.errors import JournalError
from clew.journal.record import encode_record
from clew.journal.recovery import Recovered, read_segment, recover, sync_directory
from clew.journal.segment import segment_name
from tests.journal.appends import key_of

NAME = segment_name(1, 1763683200123, "traces/default")
FIRST = b"".join(encode_record(b"first", key_of(1)))
LAST = b"".join(encode_record(b"last" * 50, key_of(2)))


def _all_keys(recovered: Recovered) -> set[bytes]:
    return {key for keys in recovered.keys.values() for key in keys}


def test_a_torn_tail_is_cut_wherever_it_is_torn(tmp_path: Path) -> None:
    """An open segment cut at any byte of its last record is sealed without that record, all before it whole."""
    for length in range(len(LAST)):
        (tmp_path / f"{NAME}.open").write_bytes(FIRST + LAST[:length])
        recovered = recover(tmp_path)
        (segment,) = recovered.segments
        assert (recovered.torn_bytes, _all_keys(recovered)) == (length, {key_of(1)})
        assert segment.path.name == NAME
        assert segment.path.read_bytes() == FIRST
        assert segment.size_bytes == len(FIRST)
        segment.path.unlink()


def test_a_whole_open_segment_is_sealed_as_it_is(tmp_path: Path) -> None:
    """Nothing is cut off an open segment whose last record is whole."""
    (tmp_path / f"{NAME}.open").write_bytes(FIRST + LAST)
    recovered = recover(tmp_path)
    assert recovered.torn_bytes == 0
    assert _all_keys(recovered) == {key_of(1), key_of(2)}
    assert (tmp_path / NAME).read_bytes() == FIRST + LAST


@pytest.mark.parametrize("content", [b"", b"\x05", LAST[:-1], bytes(4096)])
def test_an_open_segment_without_a_record_is_removed(tmp_path: Path, content: bytes) -> None:
    """A file that was begun and never acknowledged (empty, torn, or zeros after a power cut) leaves nothing."""
    (tmp_path / f"{NAME}.open").write_bytes(content)
    recovered = recover(tmp_path)
    assert recovered.segments == ()
    assert recovered.torn_bytes == len(content)
    assert list(tmp_path.iterdir()) == []


def test_zeros_behind_the_last_record_are_cut(tmp_path: Path) -> None:
    """Blocks that the file system added but never wrote are no records."""
    (tmp_path / f"{NAME}.open").write_bytes(FIRST + bytes(1000))
    assert recover(tmp_path).torn_bytes == 1000
    assert (tmp_path / NAME).read_bytes() == FIRST


@pytest.mark.parametrize("at", [0, len(FIRST), len(FIRST) + len(LAST)])
def test_a_flipped_bit_costs_an_open_segment_nothing_else(tmp_path: Path, at: int) -> None:
    """Wherever a complete record is damaged, the first or the last, the whole file is kept, marked, and read around."""
    damaged = bytearray(FIRST + LAST + FIRST)
    damaged[at + 30] ^= 0x10
    (tmp_path / f"{NAME}.open").write_bytes(damaged + LAST[:-1])
    recovered = recover(tmp_path)
    (segment,) = recovered.segments
    assert segment.is_damaged
    assert segment.size_bytes == len(damaged)
    assert recovered.torn_bytes == len(LAST) - 1
    assert (tmp_path / NAME).read_bytes() == damaged
    places = [0, len(FIRST), len(FIRST) + len(LAST)]
    assert [record.offset for record in read_segment(segment.path)] == [place for place in places if place != at]


def test_a_sealed_segment_is_never_cut(tmp_path: Path) -> None:
    """What is sealed was acknowledged: even if damaged it is kept, with the keys that can be read."""
    content = FIRST + LAST[:-1]
    (tmp_path / NAME).write_bytes(content)
    recovered = recover(tmp_path)
    assert recovered.torn_bytes == 0
    assert _all_keys(recovered) == {key_of(1)}
    assert (tmp_path / NAME).read_bytes() == content


def test_recovering_twice_changes_nothing(tmp_path: Path) -> None:
    """A crash during recovery costs nothing: the second recovery finds the same."""
    (tmp_path / f"{NAME}.open").write_bytes(FIRST + LAST[:-1])
    (tmp_path / segment_name(2, 1, "logs/a")).write_bytes(LAST)
    first = recover(tmp_path)
    second = recover(tmp_path)
    assert (second.segments, second.keys, second.torn_bytes) == (first.segments, first.keys, 0)
    assert [segment.sequence for segment in second.segments] == [1, 2]


def test_an_empty_file_has_no_records(tmp_path: Path) -> None:
    """An empty file can't be mapped, and is no error."""
    path = tmp_path / NAME
    path.touch()
    assert read_segment(path) == []


def test_a_directory_is_synced_and_its_descriptor_closed(tmp_path: Path) -> None:
    """Syncing leaves no descriptor open, and fails for what is no directory."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        sync_directory(tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        sync_directory(tmp_path / "file")


def test_a_sealed_segment_with_a_wrong_checksum_is_marked(tmp_path: Path) -> None:
    """A bit that flipped in a sealed segment is found when the journal is opened."""
    flipped = bytearray(FIRST + LAST)
    flipped[len(FIRST) + 20] ^= 1
    (tmp_path / NAME).write_bytes(flipped)
    (segment,) = recover(tmp_path).segments
    assert segment.is_damaged
    (tmp_path / NAME).write_bytes(FIRST + LAST)
    (segment,) = recover(tmp_path).segments
    assert not segment.is_damaged


def test_a_segment_both_sealed_and_open_is_refused(tmp_path: Path) -> None:
    """Recovery never writes over a sealed segment."""
    (tmp_path / NAME).write_bytes(FIRST)
    (tmp_path / f"{NAME}.open").write_bytes(LAST)
    with pytest.raises(JournalError, match="can't both be"):
        recover(tmp_path)
    assert (tmp_path / NAME).read_bytes() == FIRST
