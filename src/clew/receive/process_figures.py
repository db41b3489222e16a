"""What the kernel knows of this process: memory, processor time, descriptors, age."""

import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path

from clew.model.metric import Metric

_STATUS = Path("/proc/self/stat")
_START_TICKS_FIELD = 19
"""Field 22 of the line, counted behind the command's closing parenthesis, which is field 2 and may hold anything."""


def process_metrics() -> Iterator[Metric]:
    """The families that Prometheus' own client libraries have, under the same names."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    started_s = start_time_unix_s()
    for name, text, value in (
        ("process_resident_memory_bytes", "Memory this process holds.", resident_bytes()),
        ("process_open_fds", "Open file descriptors.", _entries("/proc/self/fd") - 1),
        ("process_max_fds", "File descriptors this process may open.", soft),
        ("process_threads", "Threads of this process.", _entries("/proc/self/task")),
        ("process_start_time_seconds", "When this process began, Unix time.", started_s),
        ("clew_uptime_seconds", "How long this process has been running.", max(0.0, time.time() - started_s)),
    ):
        yield Metric(name, text, "gauge", [({}, float(value))])
    used_s = usage.ru_utime + usage.ru_stime
    yield Metric("process_cpu_seconds_total", "Processor time used.", "counter", [({}, used_s)])


def _entries(directory: str) -> int:
    return sum(1 for _ in Path(directory).iterdir())


def resident_bytes() -> int:
    """Memory that the process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def start_time_unix_s() -> float:
    """When the process began, by the clock of now: since boot, plus when that was."""
    ticks = int(_STATUS.read_text().rpartition(")")[2].split()[_START_TICKS_FIELD])
    booted_s = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return booted_s + ticks / os.sysconf("SC_CLK_TCK")
