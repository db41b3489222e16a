"""Judging the traces of one day by the rules: which are kept, for which reason, and what each then stands for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from clew.store.engine import Engine
from clew.store.retention_rules import RetentionRules
from clew.store.statement import statement

FIRST_DAY = date(1970, 1, 1)


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


def judging(name: str) -> str:
    """The statement with the judging query in its place."""
    return statement(name).replace("/* judge_traces.sql */", statement("judge_traces.sql"))


def judge_parameters(
    rules: RetentionRules, day: date, today: date, *, sampled: bool, budget: Budget | None = None
) -> dict[str, Any]:
    """The parameters of judge_traces.sql, without the shares that a budget per service lowers."""
    budget = budget or Budget()
    sampling = rules.sampling if sampled else None
    keep = sampling.keep if sampling is not None else ()
    return {
        "day": day.isoformat(),
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


def with_shares(rules: RetentionRules, parameters: dict[str, Any], rest: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """The parameters with each service's share: lowered so far that its budget of traces a day is kept.

    `rest`: rows of service and number of traces for which no rule decides, from count_rest.sql.
    """
    counts = {_text(service): count for service, count in rest}
    budgets = {} if rules.sampling is None else rules.sampling.traces_per_day
    shares = {
        service: min(parameters["share"], most / counts[service])
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
