"""The bodies of the routes about retention, pins, erasures and the audit log."""

from collections import defaultdict
from typing import Annotated

from msgspec import Meta, Struct

from clew.api.contract import TraceId, UnixNano
from clew.store.audit import AuditLine
from clew.store.erase import ErasureState
from clew.store.pins import Pin
from clew.store.retention import AppliedRules, Trial

Who = Annotated[str, Meta(description="Who asks, for the audit log, as the client says; its address when empty")]


class RulesBody(Struct, forbid_unknown_fields=True):
    """Rules to try or to apply."""

    rules: Annotated[str, Meta(description="TOML", examples=['max_age = "30d"'])]
    who: Who = ""


class RulesAnswer(Struct):
    """The rules in force."""

    rules: str
    applied_unix_nano: Annotated[UnixNano | None, Meta(description="null for the default rules")]
    who: str


class TrialEntry(Struct):
    """What becomes of the traces for which one rule decides, of one service of the root."""

    rule: str
    service: Annotated[
        str, Meta(description="Of the root: each trace is counted once; empty for a rule that decides about none")
    ]
    kept: bool
    traces: int
    spans: int
    error_traces: int
    bytes: Annotated[int, Meta(description="estimated from the average span of each day")]


class TrialAnswer(Struct):
    """What rules would keep and lose of what is stored; nothing was changed."""

    days: int
    entries: list[TrialEntry]


class WhoBody(Struct, forbid_unknown_fields=True):
    """Who pins."""

    who: Who = ""


class PinEntry(Struct):
    """A pinned trace."""

    trace_id: TraceId
    pinned_unix_nano: UnixNano
    who: str


class PinList(Struct):
    """The pinned traces, the newest pin first."""

    pins: list[PinEntry]


class ErasureBody(Struct, forbid_unknown_fields=True):
    """What to erase: either a trace or whatever has an attribute."""

    trace_id: str = ""
    attribute: Annotated[str, Meta(description="`key=value`; a number or boolean is meant by its text, too")] = ""
    scope: Annotated[str, Meta(description="`traces`: whole traces; `spans`: only the spans with the attribute")] = (
        "traces"
    )
    dry_run: bool = False
    who: Who = ""


class ErasureAnswer(Struct):
    """An erasure, or with `dry_run` what it would erase."""

    id: Annotated[str | None, Meta(description="null for a dry run")]
    state: Annotated[str, Meta(description="dry run, waiting (for what was sent before), erasing or finished")]
    traces: int
    spans: int
    logs: int


class AuditEntry(Struct):
    """A line of the audit log."""

    at_unix_nano: UnixNano
    who: str
    action: str
    subject: Annotated[str, Meta(description="A trace id, a day, or the SHA-256 of what was erased")]
    id: Annotated[str, Meta(description="Of the erasure, or empty")]
    traces: int
    spans: int
    logs: int


class AuditList(Struct):
    """Lines of the audit log, the newest first."""

    lines: list[AuditEntry]


def rules_answer(applied: AppliedRules) -> RulesAnswer:
    """The answer of `GET` and `PUT /retention`."""
    applied_unix_nano = str(applied.applied_unix_nano) if applied.applied_unix_nano else None
    return RulesAnswer(applied.text, applied_unix_nano, applied.who)


def trial_answer(trial: Trial) -> TrialAnswer:
    """The answer of `POST /retention/trial`: the days added up, and the rules that decide about no trace."""
    sums: dict[tuple[str, str, bool], list[float]] = defaultdict(lambda: [0, 0, 0, 0.0])
    for day in trial.days:
        for each in day.sums:
            entry = sums[each.rule, each.service, each.is_kept]
            entry[0] += each.trace_count
            entry[1] += each.span_count
            entry[2] += each.error_trace_count
            entry[3] += each.span_count * day.bytes_per_span
    for rule in set(trial.rule_names) - {rule for rule, _, _ in sums}:
        sums[rule, "", True] = [0, 0, 0, 0.0]
    return TrialAnswer(
        len(trial.days),
        [
            TrialEntry(*key, traces=int(traces), spans=int(spans), error_traces=int(errors), bytes=int(size))
            for key, (traces, spans, errors, size) in sorted(sums.items())
        ],
    )


def pin_list(pins: list[Pin]) -> PinList:
    """The answer of `GET /pins`."""
    return PinList([PinEntry(pin.trace_id, str(pin.pinned_unix_nano), pin.who) for pin in pins])


def erasure_answer(state: ErasureState) -> ErasureAnswer:
    """The answer about an erasure that was asked for."""
    return ErasureAnswer(state.id, state.state, state.counts.traces, state.counts.spans, state.counts.logs)


def audit_list(lines: list[AuditLine]) -> AuditList:
    """The answer of `GET /audit`."""
    return AuditList(
        [
            AuditEntry(
                str(line.at_unix_nano),
                line.who,
                line.action,
                line.subject,
                line.id,
                line.trace_count,
                line.span_count,
                line.log_count,
            )
            for line in lines
        ]
    )
