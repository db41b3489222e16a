"""Judging the traces of one day by the rules: which are kept, for which reason, and what each then stands for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from clew.store.engine import Engine, run
from clew.store.retention_rules import RetentionRules
from clew.store.statement import statement

FIRST_DAY = date(1970, 1, 1)
LIMITS: dict[str, str | int] = {
    "max_threads": 1,
    "max_memory_usage": 1 << 30,
    "max_bytes_before_external_group_by": 256 << 20,
    "max_bytes_before_external_sort": 256 << 20,
    "max_partitions_per_insert_block": 0,
}
"""Of what retention runs beside the loads."""


@dataclass(frozen=True, slots=True)
class Due:
    """Which traces are judged: files with a query for their ids, and with a condition that their spans fulfil."""

    traces: str
    spans: str


ON_DAY = Due("due_on_day.sql", "due_spans_on_day.sql")
"""All that have a span received on the day of the parameters."""
LISTED = Due("due_listed.sql", "due_spans_listed.sql")
"""Those in the table `due_traces`."""


@dataclass(frozen=True, slots=True)
class VerdictSum:
    """What becomes of the traces for which one rule decided, of one root service.

    `weight`: the sum of what the kept traces stand for.
    """

    rule: str
    service: str
    is_kept: bool
    trace_count: int
    span_count: int
    error_trace_count: int
    weight: float


@dataclass(frozen=True, slots=True)
class Budget:
    """What the disk budget takes beyond age: traces of days before these, without and with errors."""

    before: date = FIRST_DAY
    errors_before: date = FIRST_DAY


def judging(name: str, due: Due = ON_DAY) -> str:
    """The statement with the judging query in its place."""
    judge = statement("judge_traces.sql")
    for place, file in (("/* due traces */", due.traces), ("/* due spans */", due.spans)):
        judge = judge.replace(place, statement(file).strip())
    return statement(name).replace("/* judge_traces.sql */", judge)


def judge_parameters(
    rules: RetentionRules,
    day: date,
    today: date,
    *,
    sampled: bool,
    budget: Budget | None = None,
    first_received_day: date = FIRST_DAY,
) -> dict[str, Any]:
    """The parameters of judge_traces.sql, without the shares that a budget per service lowers.

    `first_received_day`: what was received before isn't looked at.
    """
    budget = budget or Budget()
    sampling = rules.sampling if sampled else None
    keep = sampling.keep if sampling is not None else ()
    return {
        "day": day.isoformat(),
        "first_received_day": first_received_day.isoformat(),
        "sampled": sampling is not None,
        "first_day": _first_day(today, rules.max_age_days),
        "first_error_day": _first_day(today, rules.max_age_errors_days),
        "services": list(rules.service_days),
        "service_days": [_first_day(today, days) for days in rules.service_days.values()],
        "budget_day": budget.before.isoformat(),
        "budget_error_day": budget.errors_before.isoformat(),
        "rule_names": [rule.name for rule in keep],
        "rule_kinds": [rule.kind for rule in keep],
        "rule_numbers": [float(rule.number) for rule in keep],
        "rule_services": [rule.service for rule in keep],
        "rule_forms": [[form.hex().upper() for form in rule.forms] for rule in keep],
        "share": 1.0 if sampling is None else sampling.probability,
        "share_services": [],
        "shares": [],
    }


def with_shares(
    rules: RetentionRules, parameters: dict[str, Any], rest: Sequence[Sequence[Any]], day_part: float = 1.0
) -> dict[str, Any]:
    """The parameters with each service's share: lowered so far that its budget of traces a day is kept.

    `rest`: rows of service and number of traces for which no rule decides, from count_rest.sql, of that part of a day.
    """
    counts = {_text(service): count for service, count in rest}
    budgets = {} if rules.sampling is None else rules.sampling.traces_per_day
    shares = {
        service: min(parameters["share"], most * day_part / counts[service])
        for service, most in budgets.items()
        if counts.get(service)
    }
    return parameters | {"share_services": list(shares), "shares": list(shares.values())}


def try_day(engine: Engine, rules: RetentionRules, day: date, today: date, *, sampled: bool) -> list[VerdictSum]:
    """What the rules would do to a day, on a read-only handle; nothing is changed."""
    parameters = judge_parameters(rules, day, today, sampled=sampled)
    if has_shares(rules, parameters):
        parameters = with_shares(rules, parameters, engine.read(judging("count_rest.sql"), parameters))
    return verdict_sums(engine.read(judging("try_rules.sql"), parameters))


def record_verdicts(
    handle: Any, rules: RetentionRules, parameters: dict[str, Any], due: Due, day_part: float = 1.0
) -> list[VerdictSum]:
    """Judge on a trusted handle; the verdicts are in `day_verdicts`, what sampling decided is remembered."""
    if has_shares(rules, parameters):
        rest = handle.query(judging("count_rest.sql", due), parameters=parameters, settings=LIMITS).result_rows
        parameters = with_shares(rules, parameters, rest, day_part)
    run(handle, statement("clear_day_verdicts.sql"), None, LIMITS)
    run(handle, judging("fill_day_verdicts.sql", due), parameters, LIMITS)
    run(handle, statement("record_trace_weights.sql"), {"decided_day": parameters["day"]}, LIMITS)
    return verdict_sums(handle.query(statement("sum_day_verdicts.sql"), settings=LIMITS).result_rows)


def has_shares(rules: RetentionRules, parameters: dict[str, Any]) -> bool:
    """Whether budgets per service have to be spread over the day's traces."""
    return bool(parameters["sampled"] and rules.sampling is not None and rules.sampling.traces_per_day)


def verdict_sums(rows: Sequence[Sequence[Any]]) -> list[VerdictSum]:
    """Rows of try_rules.sql or sum_day_verdicts.sql."""
    return [
        VerdictSum(_text(rule), _text(service), bool(kept), traces, spans, errors, weight)
        for rule, service, kept, traces, spans, errors, weight in rows
    ]


def _first_day(today: date, age_days: int) -> str:
    """The oldest day of receipt that isn't too old."""
    return max(FIRST_DAY, today - timedelta(days=age_days)).isoformat()


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
