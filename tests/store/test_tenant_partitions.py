"""Tenants are apart on disk: no part has rows of two of them, whatever becomes of it."""

from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from clew.store.day_rewrite import await_mutations
from clew.store.erase import ERASED_TABLES, Erasures
from clew.store.statement import is_for_loads, migration_names
from tests.store.aging_store import TODAY, AgingStore, Plan, aging_store, days_ago, forms_of
from tests.store.alone import run_alone
from tests.store.partitions import LOADED, shared_parts

TENANTS = ("one", "two", "a.b_c-d")
AGES = 'max_age = "30d"\nmax_age_errors = "50d"'
ERRORS_ONLY = '[sampling]\nkeep_all_for = "3h"\nprobability = 0\n[[sampling.keep]]\nerrors = true\n'


def _fill(store: AgingStore) -> None:
    """Of each tenant a trace with an error and one without, of 40 days ago (1, 2) and of today (3, 4), with logs."""
    for age, bad, good in ((40, 1, 2), (0, 3, 4)):
        for tenant in TENANTS:
            store.load(days_ago(age), Plan(bad, is_error=True, attributes={"who": tenant}), Plan(good), tenant=tenant)
            records = {f"of_{number}": Plan(number).trace_id for number in (bad, good)}
            store.load_logs(days_ago(age), "shop", tenant, **records)
        for tenant in TENANTS:
            store.load(days_ago(age), Plan(bad, ("late",)), as_late=True, tenant=tenant)


def _merge(store: AgingStore) -> None:
    for table in LOADED:
        store.engine.command(f"OPTIMIZE TABLE clew.{table} FINAL")


def _traces(store: AgingStore, table: str, where: str) -> set[tuple[str, int]]:
    rows = store.engine.read(f"SELECT DISTINCT tenant, hex(trace_id) FROM clew.{table} WHERE {where}")
    return {(tenant.decode(), int(trace_id, 16)) for tenant, trace_id in rows}


def _each(*numbers: int) -> set[tuple[str, int]]:
    return {(tenant, number) for tenant in TENANTS for number in numbers}


def _everywhere(store: AgingStore, where: str) -> set[tuple[str, int]]:
    """The traces of which there are spans; logs, summaries and starts must agree."""
    found = _traces(store, "spans", where)
    for table in ("logs", "traces", "trace_starts"):
        assert _traces(store, table, where) == found, table
    return found


def _aged(directory: Path) -> None:
    with aging_store(directory) as store:
        _fill(store)
        assert shared_parts(store.engine) == []
        _merge(store)
        assert shared_parts(store.engine) == []
        for table in LOADED:
            parts = "SELECT count() FROM system.parts WHERE database = 'clew' AND active AND table = {t:String}"
            assert store.count(parts, t=table) == 2 * len(TENANTS), table
        store.retention.apply_rules(AGES, "test")
        store.retention.run_pass()
        assert _everywhere(store, "received_day < '2026-06-30'") == _each(1)
        assert _everywhere(store, "received_day = '2026-06-30'") == _each(3, 4)
        assert store.count("SELECT sum(span_count) FROM clew.operations") == store.count(
            "SELECT count() FROM clew.spans"
        )
        _merge(store)
        assert shared_parts(store.engine) == []
        store.pass_hours(20 * 24)
        assert _everywhere(store, "received_day < '2026-06-30'") == set()


def test_days_are_rewritten_and_dropped_for_all_tenants(tmp_path: Path) -> None:
    """Loaded, merged and rewritten, parts stay apart; of every tenant the same is kept."""
    run_alone(_aged, tmp_path)


def _killed(directory: Path, step: int) -> None:
    with aging_store(directory) as store:
        _fill(store)
        store.retention.apply_rules(AGES, "test")
        store.kill_at(store.retention.rewrite, step)
        store.retention.run_pass()


def _made_good(directory: Path) -> None:
    with aging_store(directory) as store:
        store.retention.run_pass()
        assert _everywhere(store, "received_day < '2026-06-30'") == _each(1)
        for table in ("operations", "origins", "traces"):
            counted = store.count(f"SELECT sum(span_count) FROM clew.{table}")
            assert counted == store.count("SELECT count() FROM clew.spans"), table
        assert shared_parts(store.engine) == []


_COPIED = 10 + len([name for name in migration_names() if is_for_loads(name)])


@pytest.mark.parametrize("step", range(_COPIED, _COPIED + 24, 5))
def test_a_kill_between_two_tenants_is_made_good(tmp_path: Path, step: int) -> None:
    """A table of which some tenants' partitions were replaced and others' not is finished by the next pass."""
    with pytest.raises(BrokenProcessPool):
        run_alone(_killed, tmp_path, step)
    run_alone(_made_good, tmp_path)


def _sampled(directory: Path) -> None:
    with aging_store(directory) as store:
        _fill(store)
        store.retention.apply_rules(ERRORS_ONLY, "test")
        store.pass_hours(0)
        store.load(TODAY, Plan(5), tenant="two")
        store.load_logs(TODAY, "shop", "two", of_5=Plan(5).trace_id)
        store.pass_hours(4)
        await_mutations(store.engine.trusted(), ERASED_TABLES, lambda: None)
        assert _everywhere(store, "received_day = '2026-06-30'") == _each(3) | {("two", 5)}
        assert shared_parts(store.engine) == []
        store.pass_hours(4)
        assert _everywhere(store, "received_day = '2026-06-30'") == _each(3)
        assert store.retention.sampling.is_through(TODAY)


def test_sampling_takes_from_each_tenant(tmp_path: Path) -> None:
    """Of the days and tenants of what is lost, and of nobody else what came later."""
    run_alone(_sampled, tmp_path)


def _erased(directory: Path) -> None:
    with aging_store(directory) as store:
        _fill(store)
        erasures = Erasures(store.engine, store.journal, directory / "erasures", store.loading, lambda: None)
        asked = erasures.ask("two", "test", "", forms_of("who", "two"), "traces")
        erasures.run_pending()
        assert erasures.state("two", asked.id).state == "finished"
        assert _everywhere(store, "1") == _each(1, 2, 3, 4) - {("two", 1), ("two", 3)}
        assert shared_parts(store.engine) == []


def test_an_erasure_leaves_other_tenants_alone(tmp_path: Path) -> None:
    """Whose traces have the same ids."""
    run_alone(_erased, tmp_path)


def _dropped_alone(directory: Path) -> None:
    with aging_store(directory) as store:
        _fill(store)
        for table in LOADED:
            store.engine.command(f"ALTER TABLE clew.{table} DROP PARTITION ('2026-06-30', 'two')")
        for table in LOADED:
            rows = store.engine.read(f"SELECT tenant, uniqExact(received_day) FROM clew.{table} GROUP BY tenant")
            assert {tenant.decode(): days for tenant, days in rows} == {"one": 2, "two": 1, "a.b_c-d": 2}, table


def test_a_tenants_day_can_be_dropped_alone(tmp_path: Path) -> None:
    """From every table, and nothing of other tenants or days goes with it."""
    run_alone(_dropped_alone, tmp_path)
