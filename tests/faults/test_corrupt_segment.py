from pathlib import Path

import pytest

from clew.journal.recovery import read_segment
from tests.faults.traffic import SPANS_PER_REQUEST, make_request, stored_span_ids, wait_until
from tests.server_process import ServerProcess, running_server

REQUESTS = 6


@pytest.mark.parametrize("is_sealed", [True, False])
@pytest.mark.parametrize("part", ["length", "payload", "trailer"])
def test_flipped_bytes_cost_their_record_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_sealed: bool, part: str
) -> None:
    """Damage to one of six acknowledged requests on disk: the other five are stored, the file is kept and told of."""
    for key in ("SEGMENT_AGE_S", "MAX_SEGMENT_AGE_S"):
        monkeypatch.setenv(f"CLEW_JOURNAL_{key}", "600")
    server = ServerProcess(tmp_path / "data")
    requests = [make_request() for _ in range(REQUESTS)]
    for body, _ in requests:
        assert server.post_traces(body).status_code == 200
    server.kill()
    (segment,) = (tmp_path / "data" / "journal" / "segments").iterdir()
    assert segment.name.endswith(".open")
    if is_sealed:
        segment = segment.rename(segment.with_suffix(""))
    damaged = read_segment(segment)[2]
    at = {"length": damaged.offset, "payload": damaged.offset + 100, "trailer": damaged.end - 5}[part]
    with segment.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 0x11]))
    with running_server(tmp_path / "data") as again:
        again.wait_loaded()
        wait_until(lambda: again.get("/status")["load"]["quarantined_files"] == 1, "the file was not kept")
        stored = stored_span_ids(again)
        (name,) = again.get("/status")["load"]["quarantined_names"]
    good = {span_id for number, (_, span_ids) in enumerate(requests) if number != 2 for span_id in span_ids}
    assert set(stored) == good
    assert stored.total() == len(good) == (REQUESTS - 1) * SPANS_PER_REQUEST
    assert name.endswith(".damaged")
    assert "is damaged" in "".join(again.stderr)


def test_a_torn_tail_is_cut_without_a_word_of_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a record at the end was never acknowledged: all before it is stored, and nothing is set aside."""
    monkeypatch.setenv("CLEW_JOURNAL_SEGMENT_AGE_S", "600")
    monkeypatch.setenv("CLEW_JOURNAL_MAX_SEGMENT_AGE_S", "600")
    server = ServerProcess(tmp_path / "data")
    body, span_ids = make_request()
    assert server.post_traces(body).status_code == 200
    server.kill()
    (segment,) = (tmp_path / "data" / "journal" / "segments").iterdir()
    whole = segment.read_bytes()
    with segment.open("ab") as file:
        file.write(whole[: len(whole) // 2])
    with running_server(tmp_path / "data") as again:
        again.wait_loaded()
        assert set(stored_span_ids(again)) == span_ids
        assert again.get("/status")["load"]["quarantined_files"] == 0
