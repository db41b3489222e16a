from collections import Counter
from pathlib import Path

import pytest

from tests.faults.faulty_clew import faulty_clew, set_fault
from tests.faults.traffic import Traffic, assert_exactly_once, stored_span_ids
from tests.server_process import ServerProcess, running_server

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
FRESH_S = 30.0


def _metric(server: ServerProcess, name: str) -> float:
    lines = server.client.get("/metrics").text.splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(f"{name} ")))


@pytest.mark.parametrize("jumps_s", [(HOUR_S, -3 * DAY_S, 40 * DAY_S), (-20 * 365 * DAY_S, 9 * HOUR_S)])
def test_a_wall_clock_that_is_set_costs_nothing(tmp_path: Path, jumps_s: tuple[float, ...]) -> None:
    """The clock goes hours and days forth and back under load: every span is found once, and search is never behind."""
    control = tmp_path / "control.json"
    with running_server(tmp_path / "data", program=faulty_clew(control)) as server:
        with Traffic(server) as traffic:
            traffic.wait_for("200", "OK")
            for jump_s in jumps_s:
                set_fault(control, clock_s=jump_s)
                traffic.wait_for("200", "OK", more=20)
                assert 0 <= _metric(server, "clew_journal_oldest_age_seconds") < FRESH_S
                server.wait_loaded()
        assert_exactly_once(server, traffic.acknowledged, traffic.sent)
        count, seconds = (_metric(server, f"clew_load_freshness_seconds_{part}") for part in ("count", "sum"))
        assert 0 < seconds / count < FRESH_S
    assert set(traffic.answers) == {"200", "OK"}


def test_a_restart_in_the_past_takes_no_number_twice(tmp_path: Path) -> None:
    """Started again with a clock three days behind, Clew loads what waits, and what comes then, each once."""
    control = tmp_path / "control.json"
    program = faulty_clew(control)
    first = ServerProcess(tmp_path / "data", program=program)
    with Traffic(first) as before:
        before.wait_for("200", "OK")
        first.kill()
    set_fault(control, clock_s=-3 * DAY_S)
    with running_server(tmp_path / "data", program=program) as server:
        with Traffic(server) as after:
            after.wait_for("200", "OK")
        acknowledged = before.acknowledged | after.acknowledged
        assert_exactly_once(server, acknowledged, before.sent | after.sent)
        assert max(Counter(stored_span_ids(server)).values()) == 1
