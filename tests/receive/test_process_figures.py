import os
import threading
import time
from pathlib import Path

import pytest

from clew.receive.process_figures import process_metrics, resident_bytes, start_time_unix_s


def _figures() -> dict[str, float]:
    return {metric.name: metric.samples[0][1] for metric in process_metrics()}


def test_open_descriptors_and_threads_are_counted() -> None:
    """One more of each shows, and is gone again."""
    before, go_on = _figures(), threading.Event()
    thread = threading.Thread(target=go_on.wait)
    thread.start()
    with Path("/proc/self/status").open():
        during = _figures()
    go_on.set()
    thread.join()
    assert during["process_open_fds"] == before["process_open_fds"] + 1
    assert during["process_threads"] == before["process_threads"] + 1
    assert _figures()["process_open_fds"] == before["process_open_fds"] <= before["process_max_fds"]


def test_the_start_is_in_the_past_and_stays_where_it_is() -> None:
    """It is the time at which the kernel made the process, which has run ever since."""
    started_s = start_time_unix_s()
    assert Path("/proc/self").stat().st_ctime - 5 < started_s < time.time()
    assert start_time_unix_s() == pytest.approx(started_s, abs=0.1)
    assert _figures()["clew_uptime_seconds"] == pytest.approx(time.time() - started_s, abs=1)


def test_memory_is_what_the_kernel_says() -> None:
    """A page more or less, as VmRSS of the process's status."""
    lines = Path(f"/proc/{os.getpid()}/status").read_text().splitlines()
    (resident_kib,) = [int(line.split()[1]) for line in lines if line.startswith("VmRSS:")]
    assert resident_bytes() == pytest.approx(resident_kib * 1024, rel=0.1)


def test_used_processor_time_grows() -> None:
    """Work shows in the counter."""
    before = _figures()["process_cpu_seconds_total"]
    sum(number * number for number in range(1_000_000))
    assert _figures()["process_cpu_seconds_total"] > before
