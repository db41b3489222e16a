"""Retention: passes over the days of receipt that remove what the rules don't keep."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from clew.errors import QueryError, StoreError
from clew.journal.journal import Journal
from clew.store.audit import record_audit
from clew.store.day_rewrite import DayRewrite, Pause
from clew.store.engine import Engine
from clew.store.judgement import FIRST_DAY, Budget, VerdictSum, judge_parameters, try_day
from clew.store.old_counts import OldCounts
from clew.store.pins import Pins
from clew.store.retention_rules import DEFAULT_RULES, FormsOf, RetentionRules, parse_rules
from clew.store.sampling_rounds import BY_ITSELF, SETTLED_NS, SamplingRounds
from clew.store.statement import statement

log = logging.getLogger(__name__)

_WORTH_SHARE = 0.02
"""A day is rewritten for at least this share of its spans; less waits until the next rewrite, or until it is dropped.
Traces that began before midnight live a day longer than the others of that day."""
_MOST_TRIES = 3


@dataclass(frozen=True, slots=True)
class Day:
    """One day of receipt as it is stored; `state` changes whenever something is added or removed."""

    day: date
    spans: int
    bytes: int
    state: tuple[int, int]


@dataclass(frozen=True, slots=True)
class AppliedRules:
    """The rules in force, as written; `applied_unix_nano` is 0 for the default ones."""

    text: str
    applied_unix_nano: int
    who: str


@dataclass(frozen=True, slots=True)
class DayTrial:
    """What rules would do to one day; `bytes_per_span` is the day's average."""

    day: date
    bytes_per_span: float
    sums: tuple[VerdictSum, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """What rules would do to each day, and the names of the rules that keep traces for their value."""

    days: list[DayTrial]
    rule_names: tuple[str, ...]


class Retention:
    """Rules, pins and the passes of one store. `run_pass` is for one thread; the rest may be called from any.

    `now_ns` tells the time, Unix ns: the tests' clocks go faster.
    """

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        loading: threading.Lock,
        forms_of: FormsOf,
        *,
        pause: Pause = lambda: None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.pins = Pins(engine)
        self._engine = engine
        self._journal = journal
        self._forms_of = forms_of
        self._now_ns = now_ns
        self.rewrite = DayRewrite(engine, self.pins, loading, pause)
        self.sampling = SamplingRounds(engine, self.pins, loading, pause, now_ns)
        self._old_counts = OldCounts(engine)
        self._examined: dict[date, Any] = {}

    def rules(self) -> AppliedRules:
        """The rules in force."""
        rows = self._engine.read(statement("current_rules.sql"))
        if not rows:
            return AppliedRules(DEFAULT_RULES, 0, "")
        ((text, applied, who),) = rows
        return AppliedRules(text.decode(), applied, who.decode())

    def apply_rules(self, text: str, who: str) -> AppliedRules:
        """Put rules in force, from the next pass on. Raises BadQuery that names the key."""
        parse_rules(text, self._forms_of)
        now = time.time_ns()
        self._engine.command(statement("record_rules.sql"), {"now": now, "who": who, "rules": text})
        record_audit(self._engine, "", who, "rules", f"applied at {now}")
        return self.rules()

    def try_rules(self, text: str) -> Trial:
        """What rules would do to each day that is stored, whenever each will be old enough to be sampled.

        Reads only. What was decided about a trace before stays decided. The disk budget is left out.
        """
        rules = parse_rules(text, self._forms_of)
        today = self._today()
        days = [
            DayTrial(day.day, day.bytes / max(1, day.spans), tuple(sums))
            for day in self._days()
            if (sums := try_day(self._engine, rules, day.day, today, sampled=rules.sampling is not None))
        ]
        keep = () if rules.sampling is None else rules.sampling.keep
        return Trial(days, tuple(rule.name for rule in keep))

    def run_pass(self) -> None:
        """Sample what is old enough, then examine every day; what was examined and hasn't changed since is skipped."""
        applied = self.rules()
        rules = parse_rules(applied.text, self._forms_of)
        today = self._today()
        self.sampling.mark()
        self.sampling.finish_removal()
        self.sampling.run(rules, today)
        for day in self._days():
            version = (applied.applied_unix_nano, today, self.pins.generation)
            if self._is_settled(day.day) and self._examined.get(day.day) != (version, day.state):
                self._examine(rules, day, Budget())
                self._remember(day.day, version)
        self._keep_to_budget(rules)
        self._old_counts.drop(rules, today)

    def _examine(self, rules: RetentionRules, day: Day, budget: Budget) -> None:
        """Judge the day and remove what isn't kept; when spans come in meanwhile, once more."""
        for _ in range(_MOST_TRIES):
            parameters = judge_parameters(rules, day.day, self._today(), sampled=False, budget=budget)
            if self._remove_lost(rules, day, parameters, budget):
                return
        log.warning("%s can't be thinned out now: spans of that day are still being loaded", day.day)

    def _remove_lost(self, rules: RetentionRules, day: Day, parameters: dict[str, Any], budget: Budget) -> bool:
        sums = self.rewrite.judge(rules, parameters)
        lost = [each for each in sums if not each.is_kept]
        spans = sum(each.span_count for each in sums)
        lost_spans = sum(each.span_count for each in lost)
        is_old = parameters["first_day"] > day.day.isoformat()
        if len(lost) == len(sums) and (lost or is_old) and not self._keeps_logs(parameters, day):
            action, done = "drop day", self.rewrite.drop(day.day.isoformat())
        elif lost_spans > _WORTH_SHARE * spans or (lost and budget != Budget()) or self._counts_too_many(rules, day):
            action, done = "thin out day", self.rewrite.keep_judged(day.day.isoformat(), parameters)
        else:
            return True
        if done:
            traces = sum(each.trace_count for each in lost)
            record_audit(self._engine, "", BY_ITSELF, action, day.day.isoformat(), traces=traces, spans=lost_spans)
            log.info("%s %s: %d traces with %d spans removed", action, day.day, traces, lost_spans)
        return done

    def _counts_too_many(self, rules: RetentionRules, day: Day) -> bool:
        """Whether the day's catalogues are those of before it was sampled; not while that is still under way."""
        ((counted,),) = self._engine.read(statement("count_operation_spans.sql"), {"day": day.day.isoformat()})
        is_too_many = counted - day.spans > _WORTH_SHARE * counted
        return bool(is_too_many) and (rules.sampling is None or self.sampling.is_through(day.day))

    @staticmethod
    def _keeps_logs(parameters: dict[str, Any], day: Day) -> bool:
        """Whether log records may outlive the spans of their day."""
        oldest: str = min([parameters["first_day"], *parameters["service_days"]])
        return day.day.isoformat() >= max(oldest, str(parameters["budget_day"]))

    def _keep_to_budget(self, rules: RetentionRules) -> None:
        """Remove the oldest days until the store fits: first traces without errors, then those with errors."""
        if rules.max_bytes is None:
            return
        for errors_too in (False, True):
            for day in self._days():
                if self._store_bytes() <= rules.max_bytes:
                    return
                if self._is_settled(day.day) and day.day < self._today():
                    after = day.day + timedelta(days=1)
                    self._examine(rules, day, Budget(after, after if errors_too else FIRST_DAY))
        if self._store_bytes() > rules.max_bytes:
            log.warning("the store is over max_bytes of its rules with nothing left to remove but today and pins")

    def _days(self) -> list[Day]:
        rows = self._engine.read(statement("list_received_days.sql"))
        return [Day(day, spans, size, (blocks, states)) for day, spans, size, states, blocks, _ in rows]

    def _remember(self, day: date, version: Any) -> None:
        for each in self._days():
            if each.day == day:
                self._examined[day] = (version, each.state)

    def _is_settled(self, day: date) -> bool:
        """Whether the day is over, and nothing that was received on it waits to be loaded."""
        end_ns = (datetime.combine(day, datetime.min.time(), UTC) + timedelta(days=1)).timestamp() * 1e9
        usage = self._journal.usage()
        oldest_ns = self._now_ns() - usage.oldest_age_s * 1e9 if usage.waiting_segments else self._now_ns()
        return self._now_ns() >= end_ns + SETTLED_NS and oldest_ns >= end_ns

    def _store_bytes(self) -> int:
        ((size,),) = self._engine.read(statement("store_bytes.sql"))
        return int(size)

    def _today(self) -> date:
        return datetime.fromtimestamp(self._now_ns() / 1e9, UTC).date()


class RetentionThread:
    """Runs passes, and whatever else is given, every `interval_s`; what fails is logged and tried again."""

    def __init__(self, tasks: dict[str, Callable[[], None]], interval_s: float) -> None:
        self._tasks = tasks
        self._interval_s = interval_s
        self._due = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store-retention", daemon=True)

    def start(self) -> None:
        """The first pass begins at once."""
        self._thread.start()

    def wake(self) -> None:
        """Begin the next pass now."""
        self._due.set()

    def stop(self) -> None:
        """End after the step in hand."""
        self._stopping.set()
        self._due.set()
        if self._thread.is_alive():
            self._thread.join()

    def pause_while(self, is_busy: Callable[[], bool], poll_s: float = 0.05, most_s: float = 5.0) -> None:
        """Give way to the loads for up to `most_s`. Raises StoreError when Clew stops."""
        deadline_s = time.monotonic() + most_s
        while is_busy() and time.monotonic() < deadline_s and not self._stopping.is_set():
            self._stopping.wait(poll_s)
        if self._stopping.is_set():
            raise StoreError("Clew is stopping; retention goes on when it is back")

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._due.clear()
            for name, task in self._tasks.items():
                try:
                    task()
                except (StoreError, QueryError) as error:
                    log.warning("%s will be tried again: %s", name, error)
                except Exception:
                    log.exception("%s failed and will be tried again", name)
            self._due.wait(self._interval_s)
