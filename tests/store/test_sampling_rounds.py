from concurrent.futures.process import BrokenProcessPool
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from clew.errors import NotFound
from clew.store import sampling_rounds
from clew.store.sampling_rounds import SamplingDay
from tests.store.aging_store import TENANT, TODAY, Plan, aging_store, days_ago
from tests.store.alone import run_alone

HOUR_NS = 3_600_000_000_000
ERRORS_ONLY = '[sampling]\nkeep_all_for = "3h"\nprobability = 0\n[[sampling.keep]]\nerrors = true\n'
BY_VALUE = (
    '[sampling]\nkeep_all_for = "3h"\nprobability = 0.25\n[[sampling.keep]]\nslow = 0.99\n[[sampling.keep]]\nrare = 3\n'
)


def _hours(directory: Path) -> None:
    with aging_store(directory) as store:
        store.retention.apply_rules(BY_VALUE, "test")
        store.load(TODAY, *(Plan(number) for number in range(1, 401)))
        store.load(TODAY, Plan(401, root_ms=5000), Plan(402, name="once"), Plan(403, ("shop", "odd")))
        store.pass_hours(0)
        store.load(TODAY, *(Plan(number) for number in range(501, 601)))
        counts = store.counts()
        store.pass_hours(2.5)
        assert len(store.all_traces()) == 503
        store.pass_hours(1)
        kept = store.all_traces(catalogues=False)
        assert {401, 402, 403, *range(501, 601)} <= set(kept)
        by_chance = [number for number in kept if number <= 400]
        assert 60 < len(by_chance) < 140
        assert store.counts() == counts
        assert {number for number, weight in store.weights().items() if weight} == {401, 402, 403, *by_chance}
        assert (store.weights()[401], store.weights()[by_chance[0]]) == (1, 4)
        store.pass_hours(3)
        kept = store.all_traces(catalogues=False)
        assert len(kept) - len(by_chance) < 60
        store.pass_hours(12)
        assert store.all_traces() == kept
        assert store.counts() == counts


def test_a_day_is_thinned_out_while_it_is_written(tmp_path: Path) -> None:
    """What is old goes but for what has value; rates stay exact, and catalogues are once the day is over."""
    run_alone(_hours, tmp_path)


def _still_coming(directory: Path) -> None:
    with aging_store(directory) as store:
        store.retention.apply_rules(ERRORS_ONLY, "test")
        store.load(days_ago(1), Plan(1), Plan(2, is_error=True), Plan(3))
        store.load(TODAY, Plan(1), Plan(4), as_late=True)
        store.pass_hours(0)
        store.load(TODAY, Plan(4, is_error=True))
        assert store.all_traces(catalogues=False) == [1, 2, 4]
        store.pass_hours(3)
        assert store.all_traces(catalogues=False) == [2, 4]
        assert 4 not in store.weights()
        store.pass_hours(3)
        assert store.all_traces(catalogues=False) == [2, 4]
        assert store.weights() == {1: 0, 2: 1, 3: 0, 4: 1}


def test_a_trace_is_decided_when_all_of_it_is_old_enough(tmp_path: Path) -> None:
    """With what came before and after midnight, and an error that came last; nothing of a dropped one is left."""
    run_alone(_still_coming, tmp_path)


def _late(directory: Path) -> None:
    with aging_store(directory) as store:
        store.retention.apply_rules(ERRORS_ONLY, "test")
        store.load(TODAY, Plan(1), Plan(2, is_error=True))
        store.load_logs(TODAY, "shop", of_1=Plan(1).trace_id, of_2=Plan(2).trace_id)
        store.pass_hours(0)
        store.pass_hours(3)
        assert store.all_traces(catalogues=False) == [2]
        assert store.traces_of("logs") == [2]
        store.load(TODAY, Plan(1, is_error=True), Plan(2), as_late=True)
        store.pass_hours(0)
        assert store.all_traces(catalogues=False) == [1, 2]
        store.pass_hours(3)
        assert store.all_traces(catalogues=False) == [2]
        assert store.count("SELECT count() FROM clew.spans") == 2
        assert store.weights() == {1: 0, 2: 1}
        (line,) = store.engine.read(
            "SELECT sum(trace_count), sum(span_count) FROM clew.audit WHERE action = 'sample day'"
        )
        assert line == (2, 2)


def test_a_decision_holds_for_late_spans(tmp_path: Path) -> None:
    """Those of a dropped trace go when they are old enough, even if they failed; those of a kept one stay."""
    run_alone(_late, tmp_path)


def _pinned(directory: Path) -> None:
    with aging_store(directory) as store:
        store.retention.apply_rules(ERRORS_ONLY, "test")
        store.load(TODAY, Plan(1), Plan(2), Plan(3))
        store.retention.pins.pin(TENANT, Plan(1).trace_id, "test")
        store.pass_hours(0)
        sampling = store.retention.sampling
        remove, begin = sampling._remove, sampling._begin_mutations

        def pin_and_remove(*arguments: Any) -> bool:
            store.retention.pins.pin(TENANT, Plan(2).trace_id, "test")
            return remove(*arguments)

        def try_to_pin_and_begin(last_arrival: int) -> bool:
            with pytest.raises(NotFound):
                store.retention.pins.pin(TENANT, Plan(3).trace_id, "test")
            return begin(last_arrival)

        sampling._remove = pin_and_remove  # type: ignore[method-assign,assignment]  # a pin at the worst moment
        sampling._begin_mutations = try_to_pin_and_begin  # type: ignore[method-assign]  # as above
        store.pass_hours(3)
        assert store.all_traces(catalogues=False) == [1, 2]


def test_a_pin_is_kept_until_the_last_moment_and_refused_after_it(tmp_path: Path) -> None:
    """A trace pinned after it was judged stays; one that is being removed can't be pinned."""
    run_alone(_pinned, tmp_path)


def _meanwhile(directory: Path) -> None:
    with aging_store(directory) as store:
        store.retention.apply_rules(ERRORS_ONLY, "test")
        store.load(TODAY, Plan(1), Plan(2))
        store.pass_hours(0)
        sampling = store.retention.sampling
        begin = sampling._begin_mutations

        def load_first(last_arrival: int) -> bool:
            store.load(TODAY, Plan(1), Plan(3), as_late=True)
            return begin(last_arrival)

        sampling._begin_mutations = load_first  # type: ignore[method-assign]  # a load at the worst moment
        store.pass_hours(3)
        assert store.all_traces(catalogues=False) == [1, 3]
        assert store.count("SELECT count() FROM clew.spans") == 3


def _all_pinned(directory: Path) -> None:
    with aging_store(directory) as store:
        store.retention.apply_rules(ERRORS_ONLY, "test")
        store.load(TODAY, Plan(1))
        store.pass_hours(0)
        sampling = store.retention.sampling
        remove = sampling._remove

        def pin_and_remove(*arguments: Any) -> bool:
            store.retention.pins.pin(TENANT, Plan(1).trace_id, "test")
            return remove(*arguments)

        sampling._remove = pin_and_remove  # type: ignore[method-assign,assignment]  # a pin at the worst moment
        store.pass_hours(3)
        assert store.all_traces() == [1]
        assert sampling.is_through(TODAY)


def test_nothing_may_be_left_to_remove(tmp_path: Path) -> None:
    """When all that was lost has been pinned meanwhile, the round ends as any other."""
    run_alone(_all_pinned, tmp_path)


def test_a_trace_of_which_something_comes_meanwhile_waits(tmp_path: Path) -> None:
    """It isn't cut in two: all of it stays until what came is old enough, too."""
    run_alone(_meanwhile, tmp_path)


def _killed(directory: Path, step: int) -> None:
    with aging_store(directory) as store:
        store.retention.apply_rules(ERRORS_ONLY, "test")
        store.load(days_ago(1), Plan(1, is_error=True), Plan(2), Plan(3))
        store.load(TODAY, Plan(3), Plan(4), as_late=True)
        store.load(TODAY, Plan(5))
        store.load_logs(TODAY, "shop", of_1=Plan(1).trace_id, of_5=Plan(5).trace_id)
        store.pass_hours(0)
        store.kill_at(store.retention.sampling, step)
        store.pass_hours(3)


def _made_good(directory: Path) -> None:
    with aging_store(directory) as store:
        store.now_ns += 3 * HOUR_NS
        store.retention.run_pass()
        assert store.all_traces(catalogues=False) == [1]
        assert store.traces_of("logs") == [1]
        assert store.weights() == {1: 1, 2: 0, 3: 0, 4: 0, 5: 0}
        assert store.count("SELECT sum(span_count) FROM clew.operation_minutes") == 6
        store.retention.pins.pin(TENANT, Plan(1).trace_id, "test")


# judged, decided, listed, recorded, between the mutations, waiting for them
KILLED = [11, 14, 17, 19, 21, 24]


@pytest.mark.parametrize("step", KILLED)
def test_a_kill_at_any_statement_is_made_good(tmp_path: Path, step: int) -> None:
    """After the next start each trace is decided about once, and what is lost is gone from every table."""
    with pytest.raises(BrokenProcessPool):
        run_alone(_killed, tmp_path, step)
    run_alone(_made_good, tmp_path)


def _emptied(directory: Path) -> None:
    with aging_store(directory) as store:
        store.retention.apply_rules(ERRORS_ONLY, "test")
        for number in range(1, 9):
            store.load(TODAY, Plan(number))
        store.pass_hours(0)
        store.pass_hours(3)
        assert store.all_traces(catalogues=False) == []


def _numbered_anew(directory: Path) -> None:
    with aging_store(directory) as store:
        store.now_ns += 3 * HOUR_NS
        store.load(TODAY, Plan(20), Plan(21, is_error=True))
        store.pass_hours(0)
        store.pass_hours(2)
        assert store.all_traces(catalogues=False) == [20, 21]
        store.pass_hours(1)
        assert store.all_traces(catalogues=False) == [21]


def test_numbers_that_the_engine_uses_again_are_noticed(tmp_path: Path) -> None:
    """A day of which nothing was left, and another start: new traces are not taken for old ones."""
    run_alone(_emptied, tmp_path)
    run_alone(_numbered_anew, tmp_path)


def test_a_round_waits_for_a_step_or_the_end_of_the_day() -> None:
    """Not for every minute that has become old enough."""
    noon = 20634 * 24 * HOUR_NS + 12 * HOUR_NS
    day = SamplingDay(days_ago(0), 9, 5, noon + HOUR_NS // 2, 3, noon)
    assert day.day == TODAY
    assert not day.is_due(HOUR_NS)
    assert day.is_due(HOUR_NS // 2)
    over = SamplingDay(TODAY - timedelta(days=1), 9, 9, noon - 12 * HOUR_NS, 3, noon - 12 * HOUR_NS - 1)
    assert over.is_due(HOUR_NS)
    assert not SamplingDay(TODAY, 9, 3, noon + HOUR_NS, 3, noon).is_due(0)
    assert SamplingDay(TODAY, 9, 9, noon - 24 * HOUR_NS, 3, 0).is_due(HOUR_NS)


def _parts(directory: Path) -> None:
    with aging_store(directory) as store:
        sampling_rounds.ROUND_TRACES, sampling_rounds.REMOVED_TRACES = 4, 6  # else of millions of traces
        store.retention.apply_rules(ERRORS_ONLY, "test")
        for first in range(1, 31, 3):
            store.load(TODAY, Plan(first, is_error=True), Plan(first + 1), Plan(first + 2))
        store.pass_hours(0)
        store.pass_hours(3)
        assert store.all_traces(catalogues=False) == list(range(1, 31, 3))
        assert len(store.weights()) == 30
        removed = store.engine.read(
            "SELECT trace_count FROM clew.audit WHERE action = 'sample day' ORDER BY at_unix_nano"
        )
        assert removed == [(6,), (6,), (6,), (2,)]


def test_many_traces_are_judged_and_removed_in_parts(tmp_path: Path) -> None:
    """With the same result; several rounds share a removal."""
    run_alone(_parts, tmp_path)


def _budgets(directory: Path) -> None:
    with aging_store(directory) as store:
        store.retention.apply_rules('[services.shop]\ntraces_per_day = 800\n[sampling]\nkeep_all_for = "3h"\n', "test")
        store.load(TODAY, Plan(10_000, is_error=True))
        store.pass_hours(0)
        store.load(TODAY, *(Plan(number) for number in range(1, 401)))
        store.pass_hours(3)
        store.pass_hours(3)
        kept = [number for number in store.all_traces(catalogues=False) if number < 10_000]
        assert 70 < len(kept) < 130
        assert store.weights()[kept[0]] == pytest.approx(4)


def test_a_budget_per_day_is_spread_over_its_hours(tmp_path: Path) -> None:
    """Of three hours' traces an eighth of a day's number is kept."""
    run_alone(_budgets, tmp_path)
