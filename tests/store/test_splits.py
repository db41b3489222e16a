from pathlib import Path

from clew.store.splits import Splits


def test_what_was_split_stays_split(tmp_path: Path) -> None:
    """Another process, after a crash say, finds the same parts split, and no others."""
    splits = Splits(tmp_path / "parts", "token")
    assert not splits.is_begun
    assert (0, 8) not in splits
    splits.begin()
    splits.add((0, 8))
    splits.add((4, 8))
    for each in (splits, Splits(tmp_path / "parts", "token")):
        assert each.is_begun
        assert (0, 8) in each
        assert (4, 8) in each
        assert (0, 4) not in each
    assert not Splits(tmp_path / "parts", "another").is_begun


def test_nothing_is_left_of_a_segment_that_is_loaded(tmp_path: Path) -> None:
    """Removing forgets all; removing what was never begun is no error, and makes no directory."""
    splits = Splits(tmp_path / "parts", "token")
    splits.remove()
    assert not (tmp_path / "parts").exists()
    splits.begin()
    splits.begin()
    splits.remove()
    assert list((tmp_path / "parts").iterdir()) == []
