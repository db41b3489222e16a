"""`clew doctor`: checks an installation and the server, and says what to do about what it finds."""

import json
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

import httpx

from clew import __version__
from clew.errors import ClewError
from clew.terminal.connection import REST, Connection
from clew.terminal.ports import is_free
from clew.terminal.screen import data_console

OK, WARN, FAIL = "ok", "warn", "fail"
OLDEST_PYTHON = (3, 11)
PORTS = {16686: "web UI and API", 4317: "OTLP/gRPC", 4318: "OTLP/HTTP"}
_PACKAGE_NAME = re.compile(r"[A-Za-z0-9._-]+")
_LITTLE_DISK_BYTES = 5 << 30
_NO_DISK_BYTES = 500 << 20
_WAITING_BYTES_WARN = 256 << 20
_CLOCK_SKEW_WARN_S = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `advice` says what to do and is empty when all is well."""

    check: str
    level: str
    detail: str
    advice: str = ""


def examine(server: str, data_dir: str, as_json: bool) -> int:
    """Writes the findings to stdout; 1 when something must be repaired, else 0."""
    findings = [*check_python(), *check_packages(), *check_disk(Path(data_dir)), *check_server(server)]
    if as_json:
        sys.stdout.write(json.dumps({"findings": [asdict(finding) for finding in findings]}) + "\n")
    else:
        _print(findings)
    return 1 if any(finding.level == FAIL for finding in findings) else 0


def check_python(running: Sequence[int] = sys.version_info[:3]) -> Iterator[Finding]:
    """Is this Python new enough?"""
    found = ".".join(map(str, running))
    if tuple(running[:2]) >= OLDEST_PYTHON:
        yield Finding("python", OK, found)
    else:
        yield Finding("python", FAIL, found, f"install Python {'.'.join(map(str, OLDEST_PYTHON))} or newer")


def check_packages(distribution: str = "clew") -> Iterator[Finding]:
    """Are the packages of `clew[server]` installed?"""
    try:
        asked = [requirement for requirement in requires(distribution) or [] if "extra == 'server'" in requirement]
    except PackageNotFoundError:
        yield Finding("packages", WARN, f"{distribution} runs without being installed", "pip install 'clew[server]'")
        return
    missing = [name for name in map(_package_name, asked) if not _is_installed(name)]
    if missing:
        yield Finding("packages", FAIL, f"missing: {', '.join(missing)}", "pip install 'clew[server]'")
    else:
        yield Finding("packages", OK, f"clew {__version__} with all {len(asked)} packages of the server")


def check_disk(data_dir: Path) -> Iterator[Finding]:
    """Is there room where the data goes?"""
    existing = next(path for path in (data_dir, *data_dir.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    detail = f"{free / 2**30:,.1f} GiB free for {data_dir}"
    if free < _NO_DISK_BYTES:
        yield Finding("disk", FAIL, detail, "free some space: Clew refuses spans when it can't keep them")
    elif free < _LITTLE_DISK_BYTES:
        yield Finding("disk", WARN, detail, "free some space, or choose another --data-dir: a billion spans take 40 GB")
    else:
        yield Finding("disk", OK, detail)


def check_server(server: str, ports: Sequence[int] = tuple(PORTS)) -> Iterator[Finding]:
    """Is a Clew there, ready, of this version, not behind, and of the same time? If none is: could one start?"""
    with Connection(server) as connection:
        try:
            status = connection.get_json(f"{REST}/status")
        except ClewError as error:
            yield Finding("server", FAIL, str(error), "clew up")
            yield from check_ports(ports)
            return
        yield Finding("server", OK, f"Clew answers at {connection.server}")
        yield from _check_status(connection, status)


def check_ports(ports: Sequence[int]) -> Iterator[Finding]:
    """Could `clew up` listen on its ports?"""
    for port in ports:
        name = PORTS.get(port, "a port of Clew")
        if is_free(port):
            yield Finding("port", OK, f"{port} is free ({name})")
        else:
            advice = f"stop what listens there (ss -ltnp 'sport = :{port}'), or give `clew up` another port"
            yield Finding("port", FAIL, f"{port} is taken ({name})", advice)


def _check_status(connection: Connection, status: dict[str, Any]) -> Iterator[Finding]:
    try:
        answer = connection.get("/readyz")
        yield Finding("ready", OK, "spans are accepted and can be searched")
        yield _clock_finding(answer)
    except ClewError as error:
        yield Finding("ready", FAIL, str(error), "wait a little; if it stays, the server's log says why")
    if status["version"] == __version__:
        yield Finding("version", OK, __version__)
    else:
        detail = f"the server is {status['version']}, this command {__version__}"
        yield Finding("version", WARN, detail, "install the same version on both sides")
    yield _journal_finding(status["journal"])
    store = status["store"]
    yield Finding("store", OK, f"{store['spans']:,} spans in {store['traces']:,} traces, {store['logs']:,} log records")


def _journal_finding(journal: dict[str, int]) -> Finding:
    waiting = journal["waiting_bytes"]
    detail = f"{waiting / 2**20:,.1f} MiB in {journal['waiting_segments']} segments wait to be loaded"
    if waiting <= _WAITING_BYTES_WARN:
        return Finding("journal", OK, detail)
    return Finding("journal", WARN, detail, "search is behind; if this number grows, send less or give Clew more CPU")


def _clock_finding(answer: httpx.Response) -> Finding:
    try:
        server_time = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return Finding(
            "clock", WARN, "the server doesn't tell its time", "is there a proxy that drops the Date header?"
        )
    # The header has whole seconds: half a second is the middle of what it may mean.
    skew_s = (datetime.now(UTC) - server_time).total_seconds() - 0.5
    if abs(skew_s) <= _CLOCK_SKEW_WARN_S:
        return Finding("clock", OK, f"the server's clock and this one agree within {_CLOCK_SKEW_WARN_S:.0f} s")
    detail = f"the server's clock and this one differ by {abs(skew_s):.0f} s"
    return Finding("clock", WARN, detail, "synchronise the clocks (NTP): traces are searched by time")


def _package_name(requirement: str) -> str:
    found = _PACKAGE_NAME.match(requirement)
    return found[0] if found else requirement


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _print(findings: Sequence[Finding]) -> None:
    console = data_console()
    colours = {OK: "green", WARN: "yellow", FAIL: "red"}
    for finding in findings:
        console.print(f"{finding.level:<4}", style=colours[finding.level], end="")
        console.print(f"  {finding.check:<8}  {finding.detail}")
        if finding.advice:
            console.print(f"{'':16}do: {finding.advice}")
