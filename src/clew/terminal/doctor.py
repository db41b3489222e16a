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
from clew.errors import ClewError, KeyWanted, UntrustedServer
from clew.terminal.connection import REST, Connection
from clew.terminal.ports import is_free
from clew.terminal.screen import data_console
from clew.wire.compiled_library import SWITCH, is_switched_off, load_library

OK, WARN, FAIL, SKIP = "ok", "warn", "fail", "skip"
OLDEST_PYTHON = (3, 11)
_INSTALL = "in a clone: pip install '.[server]'"
_PACKAGE_NAME = re.compile(r"[A-Za-z0-9._-]+")
_HTTP_PORT = 16686
_LITTLE_DISK_BYTES = 5 << 30
_NO_DISK_BYTES = 500 << 20
_WAITING_BYTES_WARN = 256 << 20
_CLOCK_SKEW_WARN_S = 2.0
_GRAPH_LAG_WARN_S = 120.0
"""Usual are 35 s at most: passes are 30 s apart."""
_DAMAGED = ".damaged"
_SHOWN_NAMES = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `advice` says what to do and is empty when all is well."""

    check: str
    level: str
    detail: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class PlannedDoor:
    """A port on which clients send, what it is called in the settings, and how datagrams come in, if they do."""

    name: str
    port: int
    is_udp: bool = False
    host: str = ""


@dataclass(frozen=True, slots=True)
class PlannedServer:
    """What `clew up` would start with here; `trouble` says why it would not, and is empty when it would."""

    data_dir: Path = Path("clew-data")
    host: str = "127.0.0.1"
    http_port: int = _HTTP_PORT
    doors: tuple[PlannedDoor, ...] = (PlannedDoor("otlp_grpc", 4317), PlannedDoor("otlp_http", 4318))
    trouble: str = ""

    def address(self) -> str:
        """Where its API answers."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - nothing listens here
        return f"http://{f'[{host}]' if ':' in host else host}:{self.http_port or _HTTP_PORT}"

    def ports(self) -> Iterator[PlannedDoor]:
        """The ports that must be free; 0 takes any."""
        return (door for door in (PlannedDoor("http", self.http_port), *self.doors) if door.port)


def examine(planned: PlannedServer, server: str | None, as_json: bool) -> int:
    """Writes the findings to stdout; 1 when something must be repaired, else 0. The server is the planned one unless
    another is given.
    """
    findings = [
        *check_python(),
        *check_packages(),
        *check_compiled(),
        *check_settings(planned),
        *check_disk(planned.data_dir),
        *check_server(server or planned.address(), planned),
    ]
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
        yield Finding("packages", WARN, f"{distribution} runs without being installed", _INSTALL)
        return
    missing = [name for name in map(_package_name, asked) if not _is_installed(name)]
    if missing:
        yield Finding("packages", FAIL, f"missing: {', '.join(missing)}", _INSTALL)
    else:
        yield Finding("packages", OK, f"clew {__version__} with all {len(asked)} packages of the server")


def check_compiled() -> Iterator[Finding]:
    """Would requests be checked by compiled code?"""
    detail = "requests are checked without the compiled scanner, which takes ten times as long"
    if load_library():
        yield Finding("compiled", OK, "requests are checked by the compiled scanner")
    elif is_switched_off():
        yield Finding("compiled", WARN, detail, f"unset {SWITCH}")
    else:
        yield Finding("compiled", WARN, detail, "install a C compiler (Debian: apt install gcc), then Clew again")


def check_settings(planned: PlannedServer) -> Iterator[Finding]:
    """Would `clew up` accept its settings?"""
    if planned.trouble:
        yield Finding(
            "settings", FAIL, planned.trouble, "correct it; docs/reference/configuration.md has every setting"
        )
    else:
        yield Finding("settings", OK, f"clew up would listen on {planned.host} and keep its data in {planned.data_dir}")


def check_disk(data_dir: Path) -> Iterator[Finding]:
    """Can the data go there, and is there room?"""
    existing = next(path for path in (data_dir, *data_dir.absolute().parents) if path.exists())
    if not existing.is_dir():
        advice = "move that file away, or choose another --data-dir"
        yield Finding("disk", FAIL, f"{existing} is a file, and the data directory {data_dir} can't be there", advice)
        return
    free = shutil.disk_usage(existing).free
    detail = f"{free / 2**30:,.1f} GiB free for {data_dir}"
    if free < _NO_DISK_BYTES:
        yield Finding("disk", FAIL, detail, "free some space: Clew refuses spans when it can't keep them")
    elif free < _LITTLE_DISK_BYTES:
        yield Finding("disk", WARN, detail, "free some space, or choose another --data-dir: a billion spans take 40 GB")
    else:
        yield Finding("disk", OK, detail)


def check_quarantine(data_dir: Path) -> Iterator[Finding]:
    """Was anything set aside in the data directory here?"""
    quarantine = data_dir / "quarantine"
    names = sorted(path.name for path in quarantine.iterdir()) if quarantine.is_dir() else []
    yield from _quarantine_findings(str(quarantine), len(names), names)


def check_server(server: str, planned: PlannedServer) -> Iterator[Finding]:
    """Is a Clew there, ready, of this version, not behind, and of the same time? If none is: could one start?"""
    with Connection(server) as connection:
        try:
            status = connection.get_json(f"{REST}/status")
        except (KeyWanted, UntrustedServer) as error:
            yield Finding("server", FAIL, f"it runs, but can't be looked at: {error}", "then ask again")
            return
        except ClewError as error:
            yield Finding("server", FAIL, str(error), "clew up")
            yield from check_ports(planned)
            yield from check_quarantine(planned.data_dir)
            return
        yield Finding("server", OK, f"Clew answers at {connection.server}")
        yield from _check_status(connection, status)


def check_ports(planned: PlannedServer) -> Iterator[Finding]:
    """Could `clew up` listen on its ports?"""
    for door in planned.ports():
        where = f"{door.port}/udp" if door.is_udp else str(door.port)
        if is_free(door.port, door.host or planned.host, is_udp=door.is_udp):
            yield Finding("port", OK, f"{where} is free ({door.name})")
        else:
            listing = f"ss -{'lunp' if door.is_udp else 'ltnp'} 'sport = :{door.port}'"
            advice = f"stop what listens there ({listing}), or set {door.name}_port to another port"
            yield Finding("port", FAIL, f"{where} is taken ({door.name})", advice)


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
    if status.get("load") is None:  # a key that is for one tenant isn't told of all of them
        yield Finding("load", SKIP, "loads, quarantine and store are told to keys with --metrics or --admin only")
        return
    yield from _load_findings(status["load"])
    yield from _graph_findings(status.get("graph_lag_s"))
    yield from _sampling_findings(status.get("sampling_complaint", ""))
    if (store := status["store"]) is None:
        return
    yield Finding("store", OK, f"{store['spans']:,} spans in {store['traces']:,} traces, {store['logs']:,} log records")


def _journal_finding(journal: dict[str, int]) -> Finding:
    waiting = journal["waiting_bytes"]
    detail = f"{waiting / 2**20:,.1f} MiB in {journal['waiting_segments']} segments wait to be loaded"
    if waiting <= _WAITING_BYTES_WARN:
        return Finding("journal", OK, detail)
    return Finding("journal", WARN, detail, "search is behind; if this number grows, send less or give Clew more CPU")


def _load_findings(load: dict[str, Any]) -> Iterator[Finding]:
    if load.get("failing_segments"):
        detail = f"{load['failing_segments']} segments can't be loaded; the last error: {load['last_error']}"
        advice = "if the error names the disk, free some space or make it writable; Clew tries again by itself"
        yield Finding("load", FAIL, detail, advice)
    else:
        yield Finding("load", OK, "every segment could be loaded")
    names = load.get("quarantined_names", [])
    yield from _quarantine_findings(load.get("quarantine", ""), load.get("quarantined_files", 0), names)


def _graph_findings(lag_s: float | None) -> Iterator[Finding]:
    """One line when the service graph is far behind."""
    if lag_s is not None and lag_s > _GRAPH_LAG_WARN_S:
        advice = "if it grows, raise max_core_share in [analyse], or send less; the server's log names what fails"
        yield Finding("graph", WARN, f"the service graph is {lag_s:,.0f} s behind", advice)


def _sampling_findings(complaint: str) -> Iterator[Finding]:
    """One line when the strategies file is wrong."""
    if complaint:
        advice = "correct the file; Clew reads it again by itself, and the old strategies hold until then"
        yield Finding("sampling", WARN, complaint, advice)


def _quarantine_findings(directory: str, count: int, names: Sequence[str]) -> Iterator[Finding]:
    """One line for the files that can be loaded again, one for those that can't."""
    if not count:
        return
    damaged = [name for name in names if name.endswith(_DAMAGED)]
    whole = [name for name in names if not name.endswith(_DAMAGED)]
    if whole or count > len(names):
        detail = f"set aside in {directory}, {count} files in all: {_first_names(whole)}"
        advice = "see the log for the reason; stop Clew, run `clew requeue`, start it again; or delete the files"
        yield Finding("quarantine", WARN, detail, advice)
    if damaged:
        detail = f"damaged on the disk, and set aside in {directory}: {_first_names(damaged)}"
        advice = "check the disk; what could be read is stored, so keep the files for repair, or delete them"
        yield Finding("quarantine", WARN, detail, advice)


def _first_names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(names[:_SHOWN_NAMES]) + more


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
    colours = {OK: "green", WARN: "yellow", FAIL: "red", SKIP: "cyan"}
    for finding in findings:
        console.print(f"{finding.level:<4}", style=colours[finding.level], end="")
        console.print(f"  {finding.check:<8}  {finding.detail}")
        if finding.advice:
            console.print(f"{'':16}do: {finding.advice}")
