from pathlib import Path

import pytest

from clew.agent.identity import agent_id
from clew.errors import JournalError


def test_an_agent_keeps_its_id(tmp_path: Path) -> None:
    """It is made once, and another directory has another."""
    (tmp_path / "other").mkdir()
    made = agent_id(tmp_path)
    assert agent_id(tmp_path) == made != agent_id(tmp_path / "other")
    assert len(made) == 32


@pytest.mark.parametrize("text", ["", "nonsense", "ab" * 15])
def test_a_damaged_id_is_no_reason_for_another(tmp_path: Path, text: str) -> None:
    """What is on its way would be stored twice, so that a person has to decide."""
    (tmp_path / "agent-id").write_text(text)
    with pytest.raises(JournalError, match="restore it, or remove it"):
        agent_id(tmp_path)
