import json
from pathlib import Path

import pytest

from clew.errors import BadQuery
from clew.terminal.attribute_rules import try_rules
from clew.terminal.search_traces import TraceFilters
from tests.api.memory_reader import MemoryReader

RULES = """
[[rules]]
name = "keys"
action = "mask"
key = "exception.message"
regex = "cart [0-9]{1,9}"

[[rules]]
name = "types"
action = "drop"
key = "exception.type"

[[rules]]
name = "nothing"
action = "hash"
key = "user.id"
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A file with three rules, of which one finds nothing."""
    path = tmp_path / "rules.toml"
    path.write_text(RULES)
    return path


def test_a_trial_shows_counts_and_examples_and_changes_nothing(
    server: str, reader: MemoryReader, rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each rule with what it would change, before and after; the stored spans are as they were."""
    before = {trace_id: trace.SerializeToString() for trace_id, trace in reader.held.items()}
    assert try_rules(server, rules, TraceFilters(), 1000, as_json=False) == 0
    out, err = capsys.readouterr()
    lines = [line.split() for line in out.splitlines()]
    assert ["keys", "1", "event", "exception.message", "'cart", "7'", "'***'"] in lines
    assert ["types", "1", "event", "exception.type", "KeyError", "(dropped)"] in lines
    assert ["nothing", "0"] in lines
    changed, hashes = err.splitlines()
    assert changed == "2 values of 2 traces would change; nothing was changed"
    assert "made with its own secret" in hashes
    assert {trace_id: trace.SerializeToString() for trace_id, trace in reader.held.items()} == before


def test_a_trial_as_json_is_for_programs(server: str, rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same as JSON; at most as many traces as asked for, the newest first."""
    assert try_rules(server, rules, TraceFilters(service="cart"), 1, as_json=True) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["traces"] == 1
    assert [(rule["name"], rule["values"]) for rule in answer["rules"]] == [("keys", 1), ("types", 1), ("nothing", 0)]
    assert answer["rules"][0]["examples"] == [
        {"place": "event", "key": "exception.message", "before": "'cart 7'", "after": "'***'"}
    ]


def test_a_wrong_file_is_told_with_its_name(server: str, tmp_path: Path) -> None:
    """A mistake in the rules names the file and the rule."""
    path = tmp_path / "wrong.toml"
    path.write_text("[[rules]]\naction = 'drop'\nkye = 'a'\n")
    with pytest.raises(BadQuery, match=r"wrong\.toml: rule 1: kye"):
        try_rules(server, path, TraceFilters(), 1, as_json=False)
