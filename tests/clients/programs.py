"""Runs the programs of foreign clients: one calls the other over HTTP, as two services of one shop.

What every program does, in whatever language: `back` listens on a free port of 127.0.0.1, prints `{"port": N}`, answers
POST /charge until its standard input ends, sends what it has, and exits with 0. `front URL` makes one trace in which it
calls `URL`, sends it, prints `{"trace_id": "<hex>"}`, and exits with 0.
"""

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RUN_TIMEOUT_S = 120.0
# Whatever is set where the tests run must not reach the clients: they do what the test says.
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR", "JAVA_HOME")


@dataclass(frozen=True)
class Program:
    """A command, and the variables that configure the client inside."""

    command: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path(__file__).parent

    def with_variables(self, **variables: str) -> "Program":
        """The same program, told more."""
        return Program(self.command, {**self.variables, **variables}, self.folder)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Its process; standard input, output and error are pipes."""
        kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        return subprocess.Popen(
            [*self.command, *arguments],
            cwd=self.folder,
            env={**kept, **self.variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@dataclass(frozen=True)
class Ran:
    """What a run told: everything printed last, and between which times it ran."""

    told: dict[str, Any]
    began_ns: int
    ended_ns: int

    @property
    def trace_id(self) -> bytes:
        return bytes.fromhex(self.told["trace_id"])


def run(program: Program, *arguments: str) -> Ran:
    """Run a program to its end; it must exit with 0 and print one JSON object."""
    began_ns = time.time_ns()
    with _limited(program.start(*arguments)) as process:
        told = json.loads(_finish(process, program))
    return Ran(told, began_ns, time.time_ns())


def run_two(front: Program, back: Program) -> Ran:
    """`front` calls `back`; both have sent all they have when this returns."""
    began_ns = time.time_ns()
    with _limited(back.start("back")) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first, f"{back.command} did not start:\n{_finish(process, back)}"
        ran = run(front, "front", f"http://127.0.0.1:{json.loads(first)['port']}/charge")
        _finish(process, back)
    return Ran(ran.told, began_ns, time.time_ns())


@contextmanager
def _limited(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """The process is gone on leaving, and nothing that reads from it waits longer than the limit."""
    limit = threading.Timer(RUN_TIMEOUT_S, process.kill)
    with process:
        limit.start()
        try:
            yield process
        finally:
            limit.cancel()
            process.kill()


def _finish(process: subprocess.Popen[str], program: Program) -> str:
    """End its standard input and wait; what it printed."""
    stdout, stderr = process.communicate()
    assert process.returncode == 0, f"{program.command} exited with {process.returncode}:\n{stdout}{stderr}"
    return stdout
