import logging
from pathlib import Path

import pytest

from clew.sampling.adaptive import Learned
from clew.sampling.learned_file import read_learned, write_learned


def test_what_was_learned_comes_back(tmp_path: Path) -> None:
    """Exactly, with any names."""
    learned = {("a", "GET /"): Learned(0.1 + 0.2, 60.5), ("a", ""): Learned(1.0, 0.0), ("é", "x"): Learned(1e-5, 1e9)}
    write_learned(tmp_path / "learned.json", learned)
    assert read_learned(tmp_path / "learned.json") == learned


def test_at_first_nothing_is_learned(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Which is no reason to complain."""
    with caplog.at_level(logging.WARNING):
        assert read_learned(tmp_path / "none.json") == {}
    assert not caplog.records


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"probabilities": 1}', '{"probabilities": {"a": {"b": [0, 1]}}}', '{"probabilities": {"a": {"b": 1}}}'],
)
def test_a_damaged_file_is_complained_about(tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str) -> None:
    """And everything is learned anew."""
    (tmp_path / "learned.json").write_text(content)
    with caplog.at_level(logging.WARNING):
        assert read_learned(tmp_path / "learned.json") == {}
    assert "begins anew" in caplog.text
