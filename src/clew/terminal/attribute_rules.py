"""`clew rules try`: what attribute rules would change in stored spans."""

import json
import secrets
import sys
from pathlib import Path

from rich.table import Table

from clew.errors import BadQuery, ConfigurationError
from clew.terminal.connection import REST, Connection
from clew.terminal.count import counted
from clew.terminal.screen import data_console, note, plain, plain_json
from clew.terminal.search_traces import TraceFilters
from clew.terminal.telemetry_file import read_framed
from clew.wire.attribute_pass import AttributePass, Changes, Example
from clew.wire.attribute_rules import SECRET_BYTES, ReadyRule, Replacement, ready_rules
from clew.wire.rule_file import parse_rules

_EXAMPLES = 3
_LONGEST_VALUE = 60


def try_rules(server: str, path: Path, filters: TraceFilters, limit: int, as_json: bool) -> int:
    """Writes how many values each rule would change in the newest traces, with examples; 0.

    The rules are carried out here, on copies, by the very code that a server uses; hashes are made with a secret of
    the moment, and differ from the server's.
    """
    rules = _read(path)
    changes = Changes(wanted_examples=_EXAMPLES)
    rule_pass = AttributePass(rules, Replacement(secrets.token_bytes(SECRET_BYTES)))
    traces = 0
    with Connection(server) as connection, connection.stream(f"{REST}/export", filters.params()) as chunks:
        for request in read_framed(chunks, "the export"):
            rule_pass.apply("traces", request.payload, changes)
            traces += 1
            if traces >= limit:
                break
    if as_json:
        sys.stdout.write(plain_json(json.dumps(_as_json(rules, changes, traces))) + "\n")
        return 0
    data_console().print(_table(rules, changes), soft_wrap=False)
    values = counted(sum(changes.counts.values()), "value")
    note(f"{values} of {counted(traces, 'trace')} would change; nothing was changed")
    if any(rule.action == "hash" for rule in rules):
        note("hashes are of this trial alone: those that the server stores are made with its own secret")
    return 0


def _read(path: Path) -> tuple[ReadyRule, ...]:
    try:
        return ready_rules(parse_rules(path.read_text(encoding="utf-8")))
    except (ConfigurationError, UnicodeDecodeError) as error:
        raise BadQuery("FILE", f"{path}: {error}") from error


def _table(rules: tuple[ReadyRule, ...], changes: Changes) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("rule", "values", "for example", "before", "after"):
        table.add_column(title, justify="right" if title == "values" else "left")
    for rule in rules:
        examples = [each for each in changes.examples if each.rule == rule.name]
        count = str(changes.counts.get(rule.name, 0))
        first, *others = [_cells(each) for each in examples] or [("", "", "")]
        table.add_row(plain(rule.name), count, *first)
        for cells in others:
            table.add_row("", "", *cells)
    return table


def _cells(example: Example) -> tuple[str, str, str]:
    after = "(dropped)" if example.after is None else plain(_short(example.after))
    return plain(f"{example.place} {example.key}"), plain(_short(example.before)), after


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST_VALUE else f"{value[:_LONGEST_VALUE]}…"


def _as_json(rules: tuple[ReadyRule, ...], changes: Changes, traces: int) -> dict[str, object]:
    return {
        "traces": traces,
        "rules": [
            {
                "name": rule.name,
                "values": changes.counts.get(rule.name, 0),
                "examples": [
                    {"place": each.place, "key": each.key, "before": each.before, "after": each.after}
                    for each in changes.examples
                    if each.rule == rule.name
                ],
            }
            for rule in rules
        ],
    }
