from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clew.store.statement import is_for_loads, migration_names
from tests.store.aging_store import TENANT, TODAY, AgingStore, Plan, aging_store, days_ago
from tests.store.alone import run_alone

SAMPLED = """
max_age = "30d"
[services.busy]
traces_per_day = 20
[sampling]
keep_all_for = "2h"
probability = 0.25
[[sampling.keep]]
errors = true
[[sampling.keep]]
name = "gold"
attribute = "tier=gold"
[[sampling.keep]]
slow = 0.99
[[sampling.keep]]
rare = 3
"""


def _by_age(directory: Path) -> None:
    with aging_store(directory) as store:
        store.load(days_ago(40), Plan(1), Plan(2))
        store.load(days_ago(29), Plan(3))
        store.load(TODAY, Plan(4))
        store.load_logs(days_ago(40), "shop", old=bytes(16))
        counts = store.counts()
        store.retention.run_pass()
        assert store.all_traces() == [3, 4]
        assert store.traces_of("logs") == []
        assert store.counts() == counts
        partitions = "SELECT count() FROM system.parts WHERE active AND database = 'clew' AND table = 'spans'"
        assert store.count(f"{partitions} AND min_date = {{d:Date}}", d=str(days_ago(40))) == 0


def test_days_beyond_their_age_are_dropped(tmp_path: Path) -> None:
    """By default after 30 days: spans, logs and what is derived go, the rates stay."""
    run_alone(_by_age, tmp_path)


def _by_service(directory: Path) -> None:
    with aging_store(directory) as store:
        store.load(days_ago(5), Plan(1, ("noisy",)), Plan(2, ("noisy", "shop")), Plan(3, ("noisy",), is_error=True))
        store.load(days_ago(40), Plan(4, ("vault",)), Plan(5, ("shop",)), Plan(6, ("shop",), is_error=True))
        store.load_logs(days_ago(5), "noisy", alone=b"", of_1=Plan(1).trace_id, of_2=Plan(2).trace_id)
        rules = '[services.noisy]\nmax_age="3d"\n[services.vault]\nmax_age="60d"\n'
        store.retention.apply_rules(f'max_age="30d"\nmax_age_errors="50d"\n{rules}', "test")
        store.retention.run_pass()
        assert store.all_traces() == [2, 3, 4, 6]
        assert store.traces_of("logs") == [2]


def test_services_and_errors_have_ages_of_their_own(tmp_path: Path) -> None:
    """A trace stays as long as any of its services, or its error, asks for; a log goes and stays with its trace."""
    run_alone(_by_service, tmp_path)


def _budget(directory: Path) -> None:
    with aging_store(directory) as store:
        for age in (6, 5, 4, 0):
            first = age * 1000 + 1
            store.load(days_ago(age), *(Plan(number, is_error=number == first) for number in range(first, first + 300)))
        store.retention.pins.pin(TENANT, Plan(6002).trace_id, "test")
        for table in ("spans", "traces", "trace_starts"):
            store.engine.command(f"OPTIMIZE TABLE {table} FINAL")
        size = store.count("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'clew'")
        store.retention.apply_rules(f'max_bytes="{size - 10_000}"', "test")
        store.retention.run_pass()
        left = store.all_traces()
        assert {6001, 6002} <= set(left)
        assert 6003 not in left
        assert set(range(4001, 4301)) <= set(left)
        store.retention.apply_rules('max_bytes="1kB"', "test")
        store.retention.run_pass()
        assert store.all_traces() == [*range(1, 301), 6002]


def test_a_disk_budget_takes_the_oldest_first(tmp_path: Path) -> None:
    """Of the oldest days what has no error, then errors; never today, and never what is pinned."""
    run_alone(_budget, tmp_path)


def _sampled_plans() -> list[Plan]:
    plans = [Plan(number, name="buy", root_ms=10) for number in range(1, 401)]
    plans[0].is_error = True
    plans[1].attributes = {"tier": "gold"}
    plans[2].root_ms = 5000
    plans[3].name = "once a day"
    plans[4] = replace(plans[4], services=("shop", "odd"))
    return plans + [Plan(number, ("busy",), "tick") for number in range(1001, 1401)]


def _sampling(directory: Path) -> None:
    with aging_store(directory) as store:
        store.load(days_ago(1), *_sampled_plans())
        store.load(TODAY, Plan(5000))
        counts = store.counts()
        trial = store.retention.try_rules(SAMPLED)
        assert len(store.all_traces()) == 801
        store.retention.apply_rules(SAMPLED, "test")
        store.retention.run_pass()
        kept = store.all_traces()
        assert {1, 2, 3, 4, 5, 5000} <= set(kept)
        shop = [number for number in kept if 5 < number < 1000]
        busy = [number for number in kept if 1000 < number < 2000]
        assert 60 < len(shop) < 140
        assert 5 < len(busy) < 40
        assert store.counts() == counts
        sums = [each for day in trial.days if day.day == days_ago(1) for each in day.sums]
        assert sum(each.trace_count for each in sums if each.is_kept) == len(kept) - 1
        assert {each.rule for each in sums} == {"errors", "gold", "slow", "rare", "the rest"}
        weights = {number: weight for number, weight in store.weights().items() if weight}
        assert set(weights) == set(kept) - {5000}
        assert (weights[1], weights[shop[0]], weights[busy[0]]) == (1, 4, 20)
        _late_spans(store, set(kept))


def _late_spans(store: AgingStore, kept: set[int]) -> None:
    """A late error in a dropped trace doesn't bring half of it back; one of a kept trace stays."""
    store.now_ns += 86_400_000_000_000
    lost = next(number for number in range(6, 400) if number not in kept)
    late_kept = next(number for number in range(6, 400) if number in kept)
    store.load(TODAY, Plan(lost, is_error=True), Plan(late_kept), as_late=True)
    store.retention.run_pass()
    stored = store.all_traces()
    assert lost not in stored
    spans = store.count("SELECT count() FROM clew.spans WHERE trace_id = unhex({t:String})", t=f"{late_kept:032x}")
    assert spans == 2


def test_sampling_keeps_whole_traces_by_value(tmp_path: Path) -> None:
    """Errors, matches, slow and rare ones stay, of the rest a share; what was tried is done; rates stay exact."""
    run_alone(_sampling, tmp_path)


def _pinned(directory: Path) -> None:
    with aging_store(directory) as store:
        store.load(days_ago(100), Plan(1, ("shop", "cart")), Plan(2))
        store.load_logs(days_ago(100), "shop", of_1=Plan(1).trace_id, of_2=Plan(2).trace_id)
        store.retention.pins.pin(TENANT, Plan(1).trace_id, "test")
        store.load(days_ago(90), Plan(1), as_late=True)
        store.retention.run_pass()
        assert store.all_traces() == [1]
        assert store.count("SELECT count() FROM clew.spans") == 3
        assert store.traces_of("logs") == [1]
        store.retention.pins.unpin(TENANT, Plan(1).trace_id, "test")
        store.retention.run_pass()
        assert store.all_traces() == []


def test_a_pinned_trace_outlives_its_day(tmp_path: Path) -> None:
    """With its late spans and its logs; once unpinned it goes."""
    run_alone(_pinned, tmp_path)


def _killed(directory: Path, step: int) -> None:
    with aging_store(directory) as store:
        store.load(days_ago(40), Plan(1, is_error=True), Plan(2), Plan(3))
        store.load_logs(days_ago(40), "shop", of_1=Plan(1).trace_id, of_2=Plan(2).trace_id)
        store.retention.apply_rules('max_age="30d"\nmax_age_errors="50d"', "test")
        store.kill_at(store.retention.rewrite, step)
        store.retention.run_pass()


def _made_good(directory: Path) -> None:
    with aging_store(directory) as store:
        store.retention.run_pass()
        assert store.all_traces() == [1]
        assert store.traces_of("logs") == [1]


FIRST_OF_THE_COPY = 6 + len([name for name in migration_names() if is_for_loads(name)])


@pytest.mark.parametrize("step", [4, FIRST_OF_THE_COPY + 2, *range(FIRST_OF_THE_COPY + 6, FIRST_OF_THE_COPY + 22, 3)])
def test_a_kill_in_the_middle_is_made_good(tmp_path: Path, step: int) -> None:
    """Between any two statements of a rewrite: after the next start the day is as it should be."""
    with pytest.raises(BrokenProcessPool):
        run_alone(_killed, tmp_path, step)
    run_alone(_made_good, tmp_path)


def _loaded_meanwhile(directory: Path) -> None:
    with aging_store(directory) as store:
        store.load(days_ago(40), Plan(1, is_error=True), Plan(2))
        store.retention.apply_rules('max_age="30d"\nmax_age_errors="50d"', "test")
        keep = store.retention.rewrite._chunks

        def load_then_chunk(day: str) -> Any:
            if len(store.traces_of("spans")) == 2:
                store.load(days_ago(40), Plan(3, is_error=True), Plan(4))
            return keep(day)

        store.retention.rewrite._chunks = load_then_chunk  # type: ignore[method-assign]  # a load at the worst moment
        store.retention.run_pass()
        assert store.all_traces() == [1, 3]


def test_spans_loaded_into_the_day_meanwhile_are_not_lost(tmp_path: Path) -> None:
    """The rewrite notices them and begins again."""
    run_alone(_loaded_meanwhile, tmp_path)


def _replayed(directory: Path) -> None:
    with aging_store(directory) as store:
        segment = store.load(days_ago(40), Plan(1, is_error=True), Plan(2))
        store.retention.apply_rules('max_age="30d"\nmax_age_errors="50d"', "test")
        store.retention.run_pass()
        store.reload(segment)
        assert store.all_traces() == [1]


def test_a_replay_after_a_rewrite_adds_nothing(tmp_path: Path) -> None:
    """The tokens of loads outlive the replacement of a day."""
    run_alone(_replayed, tmp_path)
