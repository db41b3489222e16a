import json
from pathlib import Path

import pytest

from clew.cli import run
from tests.server_process import ServerProcess, running_server
from tests.store.segments import make_spans, request_of

SECRET = "user-4711-to-be-forgotten"


def _send(server: ServerProcess) -> None:
    spans = make_spans(8)
    spans[0].attributes.add(key="user.id").value.string_value = SECRET
    assert server.post_traces(request_of("shop", *spans).SerializeToString()).status_code == 200


def test_a_running_server_pins_tries_and_erases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the commands to the disk: what was sent just before is erased with the rest."""
    rules = tmp_path / "rules.toml"
    rules.write_text('max_age = "7d"\n[sampling]\nprobability = 0\n')
    with running_server(tmp_path / "data") as server:
        where = ["--server", f"http://{server.http}"]
        _send(server)
        server.wait_loaded()
        assert run(["pin", "2".rjust(32, "0"), *where]) == 0
        assert run(["retention", "try", str(rules), "--json", *where]) == 0
        entries = json.loads(capsys.readouterr().out)["entries"]
        assert sorted((each["rule"], each["kept"], each["traces"]) for each in entries) == [
            ("pinned", True, 1),
            ("the rest", False, 2),
        ]
        assert run(["retention", "apply", str(rules), *where]) == 0
        _send(server)
        assert run(["erase", "--attribute", f"user.id={SECRET}", "--yes", "--json", *where]) == 0
        erased = json.loads(capsys.readouterr().out)
        assert (erased["state"], erased["traces"], erased["spans"]) == ("finished", 1, 6)
        assert {trace["trace_id"] for trace in server.get("/traces")["traces"]} == {f"{n:032x}" for n in (2, 3)}
        actions = [line["action"] for line in server.get("/audit")["lines"]]
        assert actions == ["erase", "asked to erase", "rules", "pin"]
    assert not [p for p in (tmp_path / "data").rglob("*") if p.is_file() and SECRET.encode() in p.read_bytes()]
