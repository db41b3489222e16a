import json
import logging
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.journal.journal import Journal
from clew.journal.record import encode_record
from clew.journal.requeue import requeue
from clew.journal.segment import segment_name
from clew.journal.settings import JournalSettings
from clew.store import load
from clew.store.engine import Engine
from clew.store.load import Loader
from tests.data_plane import TIMEOUT_S, DataPlane
from tests.faults.traffic import make_request, wait_until
from tests.server_process import CLEW, ServerProcess, running_server

POISON = "poison"
TRIES = 3


@pytest.fixture(autouse=True)
def few_tries(data_plane: DataPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up after three tries (1.2 s), and don't warm the engine up for each loader."""
    monkeypatch.setattr(data_plane.engine, "settings", replace(data_plane.engine.settings, max_load_tries=TRIES))
    monkeypatch.setattr(load, "warm_up", lambda *_: None)


@contextmanager
def _failing_view(engine: Engine) -> Iterator[None]:
    """While it lasts, each load with a span named `poison` fails in the engine, after the spans are written."""
    engine.command("CREATE TABLE clew.failing (x UInt8) ENGINE = MergeTree ORDER BY x")
    engine.command(
        f"CREATE MATERIALIZED VIEW clew.failing_of_spans TO clew.failing AS"
        f" SELECT throwIf(name = '{POISON}') AS x FROM clew.spans"
    )
    try:
        yield
    finally:
        engine.command("DROP VIEW clew.failing_of_spans SYNC")
        engine.command("DROP TABLE clew.failing SYNC")


class _Rig:
    """A journal and a loader of its own on the engine of this test process."""

    def __init__(self, directory: Path, engine: Engine, tenant: str) -> None:
        self.engine = engine
        self.directory = directory
        self.stream = f"traces/{tenant}"
        self._tenant = tenant
        self.open()

    def open(self) -> None:
        """As at a start."""
        settings = JournalSettings(segment_age_s=0.02, max_segment_age_s=0.02, min_free_bytes=0)
        self.journal = Journal(self.directory / "journal", settings)
        self.loader = Loader(self.engine, self.journal, self.directory / "quarantine")
        self.loader.start()

    def close(self) -> None:
        """As at an orderly end."""
        self.loader.stop()
        self.journal.close()

    def append(self, *payloads: bytes) -> int:
        """Put the payloads into one segment; its number."""
        stored = threading.Semaphore(0)
        for payload in payloads:
            self.journal.append(self.stream, payload, lambda _: stored.release())
        for _ in payloads:
            assert stored.acquire(timeout=TIMEOUT_S)
        return self.journal.usage().last_sequence

    def counts(self) -> list[tuple[int, int]]:
        """How many spans there are, by how often each is stored."""
        inner = "SELECT count() AS times FROM clew.spans WHERE tenant = {t:String} GROUP BY trace_id, span_id"
        rows = self.engine.read(f"SELECT times, count() FROM ({inner}) GROUP BY times", {"t": self._tenant})
        return [(int(times), int(spans)) for times, spans in rows]

    def summarised(self) -> int:
        """How many spans the summaries of traces count."""
        rows = self.engine.read(
            "SELECT sum(span_count) FROM clew.traces WHERE tenant = {t:String}", {"t": self._tenant}
        )
        return int(rows[0][0])


@pytest.fixture
def rig(data_plane: DataPlane, tenant: str, tmp_path: Path) -> Iterator[_Rig]:
    """Opened, and closed after the test."""
    opened = _Rig(tmp_path, data_plane.engine, tenant)
    yield opened
    opened.close()


def _poisoned(spans: int = 20) -> bytes:
    request = ExportTraceServiceRequest.FromString(make_request(spans)[0])
    request.resource_spans[0].scope_spans[0].spans[-1].name = POISON
    return request.SerializeToString()


def test_an_error_that_passes_is_retried_until_it_has(rig: _Rig, caplog: pytest.LogCaptureFixture) -> None:
    """A load that fails in the middle, with its spans already written, is completed by the next try."""
    with caplog.at_level(logging.WARNING):
        with _failing_view(rig.engine):
            number = rig.append(_poisoned())
            wait_until(lambda: rig.loader.counters.retries > 0, "the load did not fail")
            assert rig.loader.counters.failing <= 1
        assert rig.journal.wait_released(number, TIMEOUT_S)
    assert "trying again" in caplog.text
    assert rig.counts() == [(1, 20)]
    assert rig.summarised() == 20
    assert rig.loader.quarantine.files() == []


def test_an_error_that_stays_puts_the_segment_aside(rig: _Rig, caplog: pytest.LogCaptureFixture) -> None:
    """After its tries the segment goes to quarantine, the next are loaded; requeued, it is completed exactly once."""
    with _failing_view(rig.engine):
        bad = rig.append(_poisoned())
        wait_until(lambda: rig.loader.counters.retries > 0, "the load did not fail")
        good = rig.append(make_request(7)[0])
        assert rig.journal.wait_released(good, TIMEOUT_S)
        assert rig.summarised() >= 7, "those behind it were not loaded"
        (kept,) = rig.loader.quarantine.files()
        assert int(kept.name.split("-")[0]) == bad
        assert (rig.loader.counters.quarantined, rig.loader.counters.failing) == (1, 0)
        assert kept.name in caplog.text
        assert "clew doctor" in caplog.text
    rig.close()
    (done,) = requeue(rig.directory / "journal", rig.directory / "quarantine")
    assert done.segment == kept.name
    rig.open()
    assert rig.journal.wait_released(rig.journal.usage().last_sequence, TIMEOUT_S)
    assert rig.counts() == [(1, 27)]
    assert rig.summarised() == 27
    assert rig.loader.quarantine.files() == []


def test_while_nothing_can_be_loaded_nothing_is_put_aside(rig: _Rig) -> None:
    """When each of several segments fails and none is loaded, the store is at fault: they wait for it to be mended."""
    with _failing_view(rig.engine):
        rig.append(_poisoned())
        wait_until(lambda: rig.loader.counters.retries > 0, "the load did not fail")
        last = rig.append(_poisoned())
        wait_until(lambda: rig.loader.counters.retries >= 2 * TRIES + 2, "they were not tried again")
        assert rig.loader.quarantine.files() == []
        assert rig.loader.counters.failing == 2
    assert rig.journal.wait_released(last, TIMEOUT_S)
    assert rig.counts() == [(1, 40)]
    assert rig.summarised() == 40


def test_a_load_larger_than_memory_is_loaded_in_halves(
    rig: _Rig, data_plane: DataPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A segment that doesn't fit is split until its parts do; a restart among the parts doubles nothing."""
    payloads = [make_request(2000)[0] for _ in range(16)]
    rig.close()
    path = rig.directory / "journal" / "segments" / segment_name(7, 1763683200123, rig.stream)
    path.write_bytes(b"".join(piece for payload in payloads for piece in encode_record(payload)))
    copy = path.read_bytes()
    monkeypatch.setitem(load._LOAD_SETTINGS, "max_memory_usage", 24 << 20)
    rig.open()
    assert rig.journal.wait_released(7, TIMEOUT_S)
    assert rig.loader.counters.retries >= 2
    assert rig.loader.quarantine.files() == []
    assert rig.counts() == [(1, 32_000)]
    assert rig.summarised() == 32_000
    assert list((rig.directory / "parts").iterdir()) == []
    rig.close()
    # As after a crash before the segment was removed: its splits are known, and so each part is known, too.
    path.write_bytes(copy)
    (rig.directory / "parts" / path.name).write_text("".join(f"{part}\n" for part in ("0-16", "0-8", "8-16")))
    monkeypatch.setitem(load._LOAD_SETTINGS, "max_memory_usage", 0)
    rig.open()
    assert rig.journal.wait_released(7, TIMEOUT_S)
    assert rig.summarised() % 32_000 == 0


def _run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([CLEW, *arguments], capture_output=True, text=True, check=False, timeout=60)


def _findings(server: ServerProcess, check: str) -> list[dict[str, str]]:
    done = _run("doctor", "--json", "--server", f"http://{server.http}", "--data-dir", str(server.data_dir))
    return [finding for finding in json.loads(done.stdout)["findings"] if finding["check"] == check]


def test_the_operator_is_told_and_can_load_it_again(tmp_path: Path) -> None:
    """A file set aside is named by log, status, metrics and doctor; `clew requeue` puts it back, and it is loaded."""
    data_dir = tmp_path / "data"
    quarantine = data_dir / "quarantine"
    name = segment_name(3, 1763683200123, "unknown/default")
    segments = data_dir / "journal" / "segments"
    segments.mkdir(parents=True)
    body, _ = make_request(9)
    (segments / name).write_bytes(b"".join(encode_record(body)))
    with running_server(data_dir) as server:
        wait_until(lambda: server.get("/status")["load"]["quarantined_files"] == 1, "it was not set aside")
        assert server.get("/status")["load"]["quarantined_names"] == [name]
        assert "clew_quarantine_files 1" in server.client.get("/metrics").text
        assert name in "".join(server.stderr)
        (finding,) = _findings(server, "quarantine")
        assert (finding["level"], name in finding["detail"]) == ("warn", True)
        assert "clew requeue" in finding["advice"]
    # What an operator who knows better does: it is a segment of traces, and was named wrongly.
    (quarantine / name).rename(quarantine / name.replace("unknown", "traces"))
    done = _run("requeue", "--data-dir", str(data_dir))
    assert (done.returncode, "back in the journal" in done.stderr) == (0, True)
    with running_server(data_dir) as server:
        server.wait_loaded()
        assert server.get("/status")["store"]["spans"] == 9
        assert _findings(server, "quarantine") == []
