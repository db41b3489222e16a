"""`clew retention`, `clew pin`, `clew erase` and `clew audit`: what is kept, for ever or not at all."""

import getpass
import json
import socket
import sys
import time
from pathlib import Path
from typing import Any

from rich.table import Table

from clew.errors import BadQuery
from clew.model.moment import format_moment
from clew.terminal.connection import REST, Connection
from clew.terminal.count import counted
from clew.terminal.screen import data_console, note, plain, plain_json

_POLL_S = 0.5
_ERASE_FLAGS = {"trace_id": "--trace", "attribute": "--attribute", "scope": "--spans"}


def show_rules(server: str, as_json: bool) -> int:
    """Writes the rules in force; TOML, so that they can be edited and applied again."""
    with Connection(server) as connection:
        answer = connection.get_json(f"{REST}/retention")
    if as_json:
        return _write_json(answer)
    applied = answer["applied_unix_nano"]
    since = f"applied {format_moment(int(applied))} by {answer['who']}" if applied else "the default rules"
    note(f"# {since}")
    sys.stdout.write(answer["rules"])
    return 0


def try_rules(server: str, path: Path, as_json: bool) -> int:
    """Writes what rules would keep and lose of what is stored."""
    with Connection(server) as connection:
        answer = _send_rules(connection, "POST", "/retention/trial", path, {})
    if as_json:
        return _write_json(answer)
    data_console().print(_trial_table(answer["entries"]), soft_wrap=False)
    for kept, word in ((True, "kept"), (False, "lost")):
        entries = [each for each in answer["entries"] if each["kept"] is kept]
        sums = {name: sum(each[name] for each in entries) for name in ("traces", "spans", "error_traces", "bytes")}
        note(
            f"{word}: {counted(sums['traces'], 'trace')} with {counted(sums['spans'], 'span')},"
            f" {counted(sums['error_traces'], 'trace')} failed,"
            f" about {sums['bytes'] / 1e6:,.1f} MB"
        )
    note(
        "each trace is counted once: under the service of its root, and under the first rule that decides about it;"
        " `no trace`: a rule that finds none, or only those of rules above it"
    )
    note(f"of {counted(answer['days'], 'day')}; nothing was changed")
    return 0


def apply_rules(server: str, path: Path, as_json: bool) -> int:
    """Puts rules in force."""
    with Connection(server) as connection:
        answer = _send_rules(connection, "PUT", "/retention", path, {"who": _myself()})
    if as_json:
        return _write_json(answer)
    note("applied; what is too old for them goes within minutes, what they sample once it is as old as keep_all_for")
    return 0


def pin_trace(server: str, trace_id: str, remove: bool, as_json: bool) -> int:
    """Pins a trace, or lets it go; without an id, lists the pins."""
    with Connection(server) as connection:
        if not trace_id:
            answer = connection.get_json(f"{REST}/pins")
        elif remove:
            answer = connection.send_json("DELETE", f"{REST}/traces/{trace_id}/pin", None, {"who": _myself()})
        else:
            answer = connection.send_json("POST", f"{REST}/traces/{trace_id}/pin", {"who": _myself()})
    if as_json:
        return _write_json(answer)
    if trace_id:
        note(f"{trace_id} is {'no longer pinned' if remove else 'kept for ever'}")
        return 0
    if not answer["pins"]:
        note("no trace is pinned")
    for pin in answer["pins"]:
        sys.stdout.write(f"{pin['trace_id']}  {format_moment(int(pin['pinned_unix_nano']))}  {plain(pin['who'])}\n")
    return 0


def erase(server: str, what: dict[str, str], is_sure: bool, dry_run: bool, as_json: bool) -> int:
    """Erases after asking; returns when all is gone, from the disk, too."""
    with Connection(server) as connection:
        found = _count_erasure(connection, what)
        note(f"this erases {_amounts(found)}")
        if dry_run:
            return _write_json(found) if as_json else 0
        if not is_sure and not _confirm():
            note("nothing was erased")
            return 1
        answer = connection.send_json("POST", f"{REST}/erasures", {**what, "who": _myself()})
        answer = _await_erasure(connection, answer)
    is_anything = any(answer[what] for what in ("traces", "spans", "logs"))
    if as_json:
        _write_json(answer)
    else:
        note(
            f"gone: {_amounts(answer)}" if is_anything else "nothing was found to erase; is it written as it was sent?"
        )
    return 0 if is_anything else 1


def show_audit(server: str, limit: int, as_json: bool) -> int:
    """Writes the newest lines of the audit log."""
    with Connection(server) as connection:
        answer = connection.get_json(f"{REST}/audit", {"limit": limit})
    if as_json:
        return _write_json(answer)
    for line in answer["lines"]:
        counts = ", ".join(counted(line[f"{what}s"], what) for what in ("trace", "span", "log") if line[f"{what}s"])
        moment = format_moment(int(line["at_unix_nano"]))
        sys.stdout.write(f"{moment}  {line['action']:<14}  {plain(line['subject'])}  {counts}  {plain(line['who'])}\n")
    return 0


def _count_erasure(connection: Connection, what: dict[str, str]) -> Any:
    """What would go. Raises BadQuery that names the flag, not the field of the request."""
    try:
        return connection.send_json("POST", f"{REST}/erasures", {**what, "dry_run": True})
    except BadQuery as error:
        raise BadQuery(_ERASE_FLAGS.get(error.key, error.key), error.reason) from error


def _await_erasure(connection: Connection, answer: Any) -> Any:
    shown = ""
    while answer["state"] != "finished":
        if answer["state"] != shown:
            shown = answer["state"]
            waiting = "waiting until all that was sent before is loaded" if shown == "waiting" else "erasing"
            note(f"{waiting}; Ctrl-C doesn't stop it: GET {REST}/erasures/{answer['id']} says how far it is")
        time.sleep(_POLL_S)
        answer = connection.get_json(f"{REST}/erasures/{answer['id']}")
    return answer


def _amounts(answer: Any) -> str:
    spans, traces = counted(answer["spans"], "span"), counted(answer["traces"], "trace")
    return f"{spans} of {traces} and {counted(answer['logs'], 'log record')}"


def _confirm() -> bool:
    if not sys.stdin.isatty():
        raise BadQuery("--yes", "is missing, and there is no terminal to ask on; nothing was erased")
    sys.stderr.write("It can't be undone. Erase? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _trial_table(entries: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold")
    table.add_column("rule")
    table.add_column("service of the root")
    table.add_column("")
    for name in ("traces", "failed", "spans", "MB"):
        table.add_column(name, justify="right")
    for each in entries:
        counts = (
            f"{each['traces']:,}",
            f"{each['error_traces']:,}",
            f"{each['spans']:,}",
            f"{each['bytes'] / 1e6:,.1f}",
        )
        fate = ("kept" if each["kept"] else "lost") if each["traces"] else "no trace"
        table.add_row(plain(each["rule"]), plain(each["service"]), fate, *counts)
    return table


def _send_rules(connection: Connection, method: str, route: str, path: Path, more: dict[str, str]) -> Any:
    """The answer. Raises BadQuery that names the file, and the key in it."""
    try:
        return connection.send_json(method, f"{REST}{route}", {"rules": _read(path), **more})
    except BadQuery as error:
        if error.key in ("RULES", "who"):
            raise
        raise BadQuery(str(path), error.reason if error.key == "rules" else str(error)) from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadQuery("RULES", f"{path} is no text") from error


def _myself() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}"


def _write_json(answer: Any) -> int:
    sys.stdout.write(plain_json(json.dumps(answer, ensure_ascii=False)) + "\n")
    return 0
