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
from pathlib import Path

_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
_SAMPLES_PER_S = 199
_MEANING = {
    "clew": "Python threads: doors, check, journal, and the engine's planning in the loader's thread",
    "ThreadPool": "engine: decode, sort, compress, index, views (and queries)",
    "MergeMutate": "engine: merges",
    "event_engine": "gRPC: sockets",
    "BgSchPool": "engine: housekeeping",
    "(ended)": "threads that have ended",
}


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


@contextlib.contextmanager
def library_shares(pid: int) -> Iterator[list[tuple[str, str]]]:
    """Sample the process inside the context; after it the list holds (share, library) rows. Empty without `perf`."""
    rows: list[tuple[str, str]] = []
    perf = shutil.which("perf")
    if perf is None:
        yield rows
        return
    with tempfile.TemporaryDirectory() as scratch:
        data = f"{scratch}/perf.data"
        command = [perf, "record", "-q", "-F", str(_SAMPLES_PER_S), "-o", data, "-p", str(pid)]
        sampler = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield rows
        finally:
            sampler.send_signal(signal.SIGINT)
            sampler.wait(30)
        report = subprocess.run(
            [perf, "report", "-i", data, "--sort", "dso", "--stdio", "-q"], capture_output=True, text=True, check=False
        )
        found = re.findall(r"^\s*(\d+\.\d+)%\s+(\S+)", report.stdout, re.MULTILINE)
        rows += [(f"{float(share):4.1f} %", name) for share, name in found[:8]]


def _name_and_cpu_s(directory: Path) -> tuple[str, float]:
    before, _, after = (directory / "stat").read_text().rpartition(")")
    fields = after.split()
    return before.partition("(")[2], (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS
