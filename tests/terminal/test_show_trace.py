import json

import pytest

from clew.errors import BadQuery, NotFound, QueryTooExpensive
from clew.terminal.show_trace import show_trace
from tests.api.memory_reader import MemoryReader


def test_a_piped_trace_is_plain_text(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The waterfall goes to stdout without colour codes when stdout is no terminal."""
    assert show_trace(server, "1", as_json=False) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"trace {1:032x}\n")
    assert "! cart GET /cart" in out
    assert "\x1b" not in out
    assert err == ""


def test_json_is_that_of_the_api(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` prints OTLP JSON and nothing else."""
    assert show_trace(server, f"{1:032x}", as_json=True) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["name"] == "GET /"


def test_an_unknown_trace_and_a_wrong_id(server: str) -> None:
    """Nothing stored is NotFound, no id at all is wrong use."""
    with pytest.raises(NotFound, match="no trace"):
        show_trace(server, "7", as_json=False)
    with pytest.raises(BadQuery, match="ID: 'xyz' is no trace id"):
        show_trace(server, "xyz", as_json=False)


def test_a_huge_trace_is_collapsed(server: str, reader: MemoryReader, capsys: pytest.CaptureFixture[str]) -> None:
    """When the server won't send all of it, the top is drawn, and a note says where to look into it."""
    reader.most_spans = 1
    assert show_trace(server, "1", as_json=False) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"trace {1:032x}\n")
    assert "  ! cart GET /cart" in out
    assert f"{server}/trace/{1:032x}" in err
    with pytest.raises(QueryTooExpensive, match="windows"):
        show_trace(server, "1", as_json=True)
