"""Commands about what is kept: retention, attribute rules, pins, erasure, the audit log."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from clew.commands.parameters import LOCAL_SERVER, Json, Server, Service, Since
from clew.errors import BadQuery

retention = App(name="retention", help="What is kept, for how long: show the rules, try new ones, apply them.")
Rules = Annotated[Path, Parameter(name="RULES", help="A TOML file; docs/guides/retention.md says what it may hold.")]


@retention.command(name="show")
def show_retention(*, server: Server = LOCAL_SERVER, as_json: Json = False) -> int:
    """Write the rules in force, as TOML.

    Example: `clew retention show > rules.toml`
    """
    from clew.terminal.retention import show_rules

    return show_rules(server, as_json)


@retention.command(name="try")
def try_retention(rules: Rules, /, *, server: Server = LOCAL_SERVER, as_json: Json = False) -> int:
    """Replay rules on what is stored: what each would keep and lose. Changes nothing.

    Example: `clew retention try rules.toml`
    """
    from clew.terminal.retention import try_rules

    return try_rules(server, rules, as_json)


@retention.command(name="apply")
def apply_retention(rules: Rules, /, *, server: Server = LOCAL_SERVER, as_json: Json = False) -> int:
    """Put rules in force; what they don't keep is gone within minutes.

    Example: `clew retention apply rules.toml`
    """
    from clew.terminal.retention import apply_rules

    return apply_rules(server, rules, as_json)


rules = App(name="rules", help="Which attribute values are dropped, hashed or masked before they are stored.")


@rules.command(name="try")
def try_attribute_rules(
    file: Annotated[Path, Parameter(name="FILE", help="A TOML file with [[rules]], such as clew.toml.")],
    /,
    *,
    service: Service = "",
    since: Since = "",
    limit: Annotated[int, Parameter(help="At most this many traces, the newest first.")] = 1000,
    server: Server = LOCAL_SERVER,
    as_json: Json = False,
) -> int:
    """Show what attribute rules would change in stored spans. Changes nothing.

    Example: `clew rules try clew.toml --service checkout`
    """
    from clew.terminal.attribute_rules import try_rules
    from clew.terminal.search_traces import TraceFilters

    return try_rules(server, file, TraceFilters(service=service, since=since), limit, as_json)


def pin(
    trace_id: Annotated[str, Parameter(name="ID", help="The trace id; lists the pinned traces without one.")] = "",
    /,
    *,
    remove: Annotated[bool, Parameter(negative="", help="Let the rules decide about it again.")] = False,
    server: Server = LOCAL_SERVER,
    as_json: Json = False,
) -> int:
    """Keep a trace for ever.

    Example: `clew pin 5b8aa5a2d2c872e8321cf37308d69df2`
    """
    from clew.terminal.retention import pin_trace

    if remove and not trace_id:
        raise BadQuery("ID", "is missing; name the trace that needs no pin any more")
    return pin_trace(server, trace_id, remove, as_json)


def erase(
    *,
    trace: Annotated[str, Parameter(help="The id of a trace.")] = "",
    attribute: Annotated[str, Parameter(help="key=value: whatever has this attribute, on any level.")] = "",
    spans: Annotated[
        bool, Parameter(negative="", help="With --attribute: only those spans, not their whole traces.")
    ] = False,
    dry_run: Annotated[bool, Parameter(negative="", help="Only count.")] = False,
    yes: Annotated[bool, Parameter(negative="", help="Don't ask.")] = False,
    server: Server = LOCAL_SERVER,
    as_json: Json = False,
) -> int:
    """Erase a trace, or all that has an attribute, from every table and from the disk.

    Example: `clew erase --attribute user.id=42 --dry-run`
    """
    from clew.terminal.retention import erase as erase_now

    if bool(trace) == bool(attribute):
        raise BadQuery("--trace", "or --attribute must be given, and not both; it says what to erase")
    if spans and trace:
        raise BadQuery("--spans", "goes with --attribute only; --trace erases the whole trace")
    what = {"trace_id": trace, "attribute": attribute, "scope": "spans" if spans else "traces"}
    return erase_now(server, what, yes, dry_run, as_json)


def audit(
    *,
    limit: Annotated[int, Parameter(help="At most this many lines, the newest first.")] = 100,
    server: Server = LOCAL_SERVER,
    as_json: Json = False,
) -> int:
    """List who pinned and erased what, which rules were applied, and what retention dropped.

    Example: `clew audit --limit 20`
    """
    from clew.terminal.retention import show_audit

    return show_audit(server, limit, as_json)
