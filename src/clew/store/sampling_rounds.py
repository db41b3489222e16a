"""Sampling in rounds, about an hour of one day's arrivals each, also of the day that is still being written.

When traces came follows from the blocks of `trace_starts`, which are numbered as they become visible: marks say which
block was the last one at which moment. A round takes the traces of the blocks that have become old enough since the
round before, leaves out those of which anything came since, judges the others, writes the decisions down, and lists
what is lost. The list of several rounds is then removed from all tables by mutations, which the engine carries out
beside the loads.

A crash before a removal is recorded: the rounds are judged anew, with the decisions that are written down. After: the
list is the one on the disk, and the mutations are begun again, which changes nothing where they had ended.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from clew.store.audit import record_audit
from clew.store.day_rewrite import BEGUN, Pause, await_mutations
from clew.store.engine import Engine, run
from clew.store.graph_windows import LOOK_BACK_DAYS
from clew.store.judgement import LIMITS, LISTED, judge_parameters, record_verdicts
from clew.store.pins import Pins
from clew.store.retention_rules import RetentionRules
from clew.store.statement import in_partitions, statement

log = logging.getLogger(__name__)

BY_ITSELF = "retention"
"""Who the audit log says it was when nobody asked."""
ROUND_TRACES = 250_000
"""Judged at once: 0.4 GB."""
REMOVED_TRACES = 1_000_000
"""Removed at once; a mutation holds their ids, and rewrites each part once that has any of them."""
SETTLED_NS = 600_000_000_000
"""Nothing that was received in the last ten minutes is touched, whatever the rules say."""
_MOST_STEP_NS = 3_600_000_000_000
_STEPS_OF_AGE = 6
"""A round waits for a sixth of `keep_all_for`, at most an hour: each one rewrites the parts (of up to 4 GB) that it
takes from, and so much more stays than was asked for.
"""
_DAY_NS = 86_400_000_000_000
_LEAST_PART = 1 / 1440
_MOST_TRIES = 3
_ALIKE = ("trace_starts", "traces", "spans")
"""The largest last: its mutation takes time from whatever comes after it."""
_REMOVED_FROM = (*_ALIKE, "logs")


@dataclass(frozen=True, slots=True)
class SamplingDay:
    """A day of receipt: the last of its blocks, the last one that is old enough, the last one that is decided about,
    and when these two were marked.
    """

    day: date
    last_block: int
    due_block: int
    due_unix_nano: int
    done_block: int
    done_unix_nano: int

    @property
    def since_unix_nano(self) -> int:
        """Since when what is due was received."""
        return max(self.done_unix_nano, _start_ns(self.day))

    def is_due(self, step_ns: int) -> bool:
        """Whether a step's worth is old enough, or the rest of the day; or the clock was another day's."""
        is_of_the_day = 0 <= self.due_unix_nano - _start_ns(self.day) < _DAY_NS
        is_step = self.due_unix_nano - self.since_unix_nano >= step_ns
        return self.due_block > self.done_block and (is_step or not is_of_the_day)


@dataclass(frozen=True, slots=True)
class Round:
    """Blocks of a day above `after`, up to `upto`; `day_part`: the share of 24 hours in which they came.

    `due`: of each day the last block that is old enough.
    """

    day: date
    after: int
    upto: int
    day_part: float
    due: dict[date, int]


class SamplingRounds:
    """The rounds of one store, for the thread that runs retention. `loading` is held while a segment is loaded."""

    def __init__(
        self, engine: Engine, pins: Pins, loading: threading.Lock, pause: Pause, now_ns: Callable[[], int]
    ) -> None:
        self._engine = engine
        self._pins = pins
        self._loading = loading
        self._pause = pause
        self._now_ns = now_ns
        self._handle = engine.trusted()
        self._forget_reused()

    def mark(self) -> None:
        """Write down what has arrived by now."""
        self._run("mark_arrivals.sql", {"now": self._now_ns()})

    def finish_removal(self) -> None:
        """Go on with a removal that a crash or an error broke off."""
        for day, block in self._query("list_removals.sql", {}):
            self._await_mutations()
            if self._begin_mutations(self._last_block()):
                self._end_removal(day, block)

    def run(self, rules: RetentionRules, today: date) -> None:
        """Decide about all traces that have become old enough."""
        if rules.sampling is None:
            return
        keep_all_ns = max(rules.sampling.keep_all_ns, SETTLED_NS)
        step_ns = min(_MOST_STEP_NS, rules.sampling.keep_all_ns // _STEPS_OF_AGE)
        days = self._days(self._now_ns() - keep_all_ns)
        due = {each.day: each.due_block for each in days}
        for day in days:
            if day.is_due(step_ns):
                self._sample(rules, today, list(self._rounds(day, due)))

    def is_through(self, day: date) -> bool:
        """Whether nothing that came on the day waits for a decision."""
        return all(each.done_block >= each.last_block for each in self._days(0) if each.day == day)

    def _rounds(self, day: SamplingDay, due: dict[date, int]) -> Iterator[Round]:
        """What is due of a day, ROUND_TRACES at a time; a last one, of no blocks, when there are none."""
        parameters = {"day": day.day, "after": day.done_block, "upto": day.due_block}
        blocks = list(self._query("count_due_arrivals.sql", parameters))
        total = max(1, sum(count for _, count in blocks))
        day_part = min(1.0, max(_LEAST_PART, (day.due_unix_nano - day.since_unix_nano) / _DAY_NS))
        after, upto, traces = day.done_block, day.done_block, 0
        for block, count in blocks:
            if traces and traces + count > ROUND_TRACES:
                yield Round(day.day, after, upto, day_part * traces / total, due)
                after, traces = upto, 0
            upto, traces = block, traces + count
        yield Round(day.day, after, day.due_block, day_part * traces / total, due)

    def _sample(self, rules: RetentionRules, today: date, rounds: Sequence[Round]) -> None:
        after = rounds[0].after
        last_arrival = self._begin_list()
        for each in rounds:
            self._pause()
            self._judge(rules, today, each)
            ((traces, _),) = self._query("count_lost_traces.sql", {})
            if traces >= REMOVED_TRACES or each is rounds[-1]:
                if not self._remove(each.day, after, each.upto, last_arrival):
                    return
                after, last_arrival = each.upto, self._begin_list()

    def _begin_list(self) -> int:
        """Empty the list; the last block that had come by then."""
        self._await_mutations()
        self._run("clear_lost_traces.sql")
        return self._last_block()

    def _judge(self, rules: RetentionRules, today: date, each: Round) -> None:
        """The decisions are in `trace_weights`, what is lost is added to `lost_traces`."""
        first_day = each.day - timedelta(days=LOOK_BACK_DAYS)
        arrived = {"day": each.day, "after": each.after, "upto": each.upto, "first_received_day": first_day}
        self._run("clear_due_traces.sql")
        due = {"due_days": list(each.due), "due_blocks": list(each.due.values())}
        self._run("fill_due_traces.sql", arrived | due)
        parameters = judge_parameters(rules, each.day, today, sampled=True, first_received_day=first_day)
        record_verdicts(self._handle, rules, parameters, LISTED, each.day_part)
        self._run("add_lost_traces.sql")

    def _remove(self, day: date, after: int, upto: int, last_arrival: int) -> bool:
        """Remove what is listed, but for what was pinned or came since; False when more keeps coming."""
        ((traces, _),) = self._query("count_lost_traces.sql", {})
        with self._pins.changing:
            if traces:
                self._spare(last_arrival)
            self._record(day, upto, is_removing=traces > 0)
        if not traces:
            return True
        if not self._begin_mutations(last_arrival):
            self._record(day, after, is_removing=False)
            log.warning("%s can't be sampled now: spans of traces that are to go keep coming", day)
            return False
        self._end_removal(day, upto)
        return True

    def _begin_mutations(self, last_arrival: int) -> bool:
        """Loads wait for the mutations of three tables to be begun, so that each has seen the same: 0.1 to 0.2 s."""
        for _ in range(_MOST_TRIES):
            last_block = self._last_block()
            self._spare(last_arrival)
            last_arrival = last_block
            partitions = [partition for (partition,) in self._query("list_lost_partitions.sql", {})]
            with self._loading:
                if self._count_spared(last_arrival):
                    continue
                for table in _ALIKE:
                    self._begin_removal(table, partitions)
            self._begin_removal("logs", partitions)
            return True
        return False

    def _begin_removal(self, table: str, partitions: Sequence[str]) -> None:
        if partitions:
            run(self._handle, in_partitions(f"remove_lost_{table}.sql", partitions), None, LIMITS | BEGUN)

    def _spare(self, last_arrival: int) -> None:
        """Take from the list what was pinned, and what came after that block."""
        if self._count_spared(last_arrival):
            self._run("spare_traces.sql", {"after": last_arrival}, {"mutations_sync": 1})

    def _count_spared(self, last_arrival: int) -> int:
        ((spared,),) = self._query("count_spared_traces.sql", {"after": last_arrival})
        return int(spared)

    def _end_removal(self, day: date, block: int) -> None:
        self._await_mutations()
        self._record(day, block, is_removing=False)
        ((traces, spans),) = self._query("count_lost_traces.sql", {})
        if traces:
            record_audit(self._engine, "", BY_ITSELF, "sample day", day.isoformat(), traces=traces, spans=spans)
            log.info("sampled %s: %d traces with %d spans removed", day, traces, spans)

    def _await_mutations(self) -> None:
        await_mutations(self._handle, _REMOVED_FROM, self._pause)

    def _last_block(self) -> int:
        ((block,),) = self._query("last_arrival.sql", {})
        return int(block)

    def _record(self, day: date, block: int, *, is_removing: bool) -> None:
        parameters = {"day": day, "block_number": block, "is_removing": is_removing}
        self._run("record_sampling_position.sql", parameters)

    def _forget_reused(self) -> None:
        """Forget what was noted about blocks above the last one: after a start the engine uses their numbers again."""
        last_block = self._last_block()
        ((last_mark,),) = self._query("last_mark.sql", {})
        if last_mark > last_block:
            for name in ("forget_reused_marks.sql", "forget_reused_positions.sql"):
                self._run(name, {"last_block": last_block}, {"mutations_sync": 1})

    def _days(self, until_unix_nano: int) -> list[SamplingDay]:
        rows = self._query("list_sampling_days.sql", {"until": until_unix_nano})
        return [SamplingDay(*row) for row in rows]

    def _run(
        self, name: str, parameters: dict[str, Any] | None = None, settings: dict[str, str | int] | None = None
    ) -> None:
        run(self._handle, statement(name), parameters, LIMITS | (settings or {}))

    def _query(self, name: str, parameters: dict[str, Any]) -> Any:
        return self._handle.query(statement(name), parameters=parameters, settings=LIMITS).result_rows


def _start_ns(day: date) -> int:
    return int(datetime.combine(day, datetime.min.time(), UTC).timestamp()) * 10**9
