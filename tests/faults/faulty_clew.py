"""`clew` on a slow disk or with a wrong clock: `python -m tests.faults.faulty_clew CONTROL_FILE up …`.

The control file is JSON and may change while Clew runs: `sync_s` is how many seconds more each sync takes, `clock_s`
how many seconds the wall clock is ahead (or behind). Clew's own calls are delayed and shifted; its code is as it is.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

from clew.cli import run


def faulty_clew(control: Path) -> list[str]:
    """The command to run in the place of `clew`."""
    control.write_text("{}")
    return [sys.executable, "-m", "tests.faults.faulty_clew", str(control)]


def set_fault(control: Path, **faults: float) -> None:
    """Change what is wrong, at once and as a whole."""
    scratch = control.with_suffix(".new")
    scratch.write_text(json.dumps(faults))
    scratch.replace(control)


def main(control: Path, arguments: Sequence[str]) -> int:
    """Run the command with the faults."""
    real_sync, real_time, real_time_ns = os.fdatasync, time.time, time.time_ns

    def fault(name: str) -> float:
        return float(json.loads(control.read_text()).get(name, 0.0))

    def sync(fd: int) -> None:
        time.sleep(fault("sync_s"))
        real_sync(fd)

    with (
        patch("os.fdatasync", sync),
        patch("time.time", lambda: real_time() + fault("clock_s")),
        patch("time.time_ns", lambda: real_time_ns() + int(fault("clock_s") * 1e9)),
    ):
        return run(arguments)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
