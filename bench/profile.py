"""Where a server's CPU time goes: by the names of its threads, and by library when `perf` is there."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
_SAMPLES_PER_S = 199
_ROWS = 8
_MEANING = {
    "clew": "Python threads: doors, check, journal, service graph, and the planning of loads",
    "QueryCompPipe": "engine: loads (decode, sort, compress, index, views)",
    "QueryPullPipe": "engine: questions, the service graph's among them",
    "ThreadPool": "engine: loads and questions",
    "MergeMutate": "engine: merges",
    "RuntimeData": "engine: merges",
    "event_engine": "gRPC: sockets",
    "BgSchPool": "engine: housekeeping",
    "(ended)": "threads that have ended",
}
"""Of the names of threads; the engine gives a thread the name of the work it has at the moment."""


def cpu_by_thread_name(pid: int) -> dict[str, float]:
    """CPU seconds (user and system) by thread name so far; those of threads that have ended are under `(ended)`."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended just now
            name, used_s = _name_and_cpu_s(task)
            seconds[name] += used_s
    seconds["(ended)"] = max(0.0, _name_and_cpu_s(Path(f"/proc/{pid}"))[1] - sum(seconds.values()))
    return seconds


def thread_rows(before: dict[str, float], after: dict[str, float], spans: int) -> list[tuple[str, str]]:
    """Rows to print: microseconds of CPU per span for each thread name, the largest first."""
    used = {name: seconds - before.get(name, 0.0) for name, seconds in after.items()}
    largest = sorted(used.items(), key=lambda item: -item[1])[:6]
    return [
        (f"{seconds / spans * 1e6:5.2f} us per span", f"{name}: {_MEANING.get(name, 'other')}")
        for name, seconds in largest
        if seconds > 0
    ]


@dataclass(frozen=True, slots=True)
class Shares:
    """Rows of (share, name), the largest first; empty without `perf`."""

    by_library: list[tuple[str, str]] = field(default_factory=list)
    by_work: list[tuple[str, str]] = field(default_factory=list)


@contextlib.contextmanager
def sampled_shares(pid: int) -> Iterator[Shares]:
    """Sample the process inside the context; after it the rows are there."""
    shares = Shares()
    perf = shutil.which("perf")
    if perf is None:
        yield shares
        return
    with tempfile.TemporaryDirectory() as scratch:
        data = f"{scratch}/perf.data"
        command = [perf, "record", "-q", "-F", str(_SAMPLES_PER_S), "-o", data, "-p", str(pid)]
        sampler = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield shares
        finally:
            sampler.send_signal(signal.SIGINT)
            sampler.wait(30)
        shares.by_library.extend(_report(perf, data, "dso"))
        shares.by_work.extend(
            (share, f"{name}: {_MEANING.get(name, 'other')}") for share, name in _report(perf, data, "comm")
        )


def _report(perf: str, data: str, key: str) -> list[tuple[str, str]]:
    report = subprocess.run(
        [perf, "report", "-i", data, "--sort", key, "--stdio", "-q"], capture_output=True, text=True, check=False
    )
    found = re.findall(r"^\s*(\d+\.\d+)%\s+(\S+)", report.stdout, re.MULTILINE)
    return [(f"{float(share):4.1f} %", name) for share, name in found[:_ROWS]]


def _name_and_cpu_s(directory: Path) -> tuple[str, float]:
    before, _, after = (directory / "stat").read_text().rpartition(")")
    fields = after.split()
    return before.partition("(")[2], (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS
