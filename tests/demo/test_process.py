import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clew.demo.settings import ServiceSettings

Process = subprocess.Popen[bytes]


@pytest.fixture
def process(settings: ServiceSettings) -> Iterator[Process]:
    """The inventory as a process of its own, told its settings."""
    command = [sys.executable, "-P", "-m", "clew.demo.process", "inventory"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0) as process:
        assert process.stdin is not None
        process.stdin.write(settings.to_json().encode() + b"\n")
        yield process
        process.kill()


def _port(process: Process) -> int:
    assert process.stdout is not None
    return int(json.loads(process.stdout.readline())["port"])


def _ended(process: Process) -> tuple[int, bytes]:
    assert process.stderr is not None
    return process.wait(10.0), process.stderr.read()


def test_it_listens_where_it_says(process: Process) -> None:
    """The port that a service tells is open."""
    socket.create_connection(("127.0.0.1", _port(process)), 5.0).close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_quietly(process: Process, number: signal.Signals, tmp_path: Path) -> None:
    """A working service ends on a stop signal with code 0, no word, and no file left, although its backend is away."""
    _port(process)
    assert process.stdin is not None
    process.stdin.write(b"{}\n")
    process.send_signal(number)
    assert _ended(process) == (0, b"")
    assert not tmp_path.exists()


def test_it_ends_with_its_input(process: Process, tmp_path: Path) -> None:
    """A service whose shop is gone ends by itself, also before it was told where the others are."""
    _port(process)
    assert process.stdin is not None
    process.stdin.close()
    assert _ended(process) == (0, b"")


def test_nothing_to_do_is_no_error() -> None:
    """A service that is told nothing ends with code 0."""
    command = [sys.executable, "-P", "-m", "clew.demo.process", "inventory"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
