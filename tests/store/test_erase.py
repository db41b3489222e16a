import queue
import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from clew.errors import NotFound, StoreError
from clew.store.audit import list_audit
from clew.store.erase import ErasureCounts, Erasures, Scope
from tests.store.aging_store import TENANT, TODAY, AgingStore, Plan, aging_store, days_ago, forms_of
from tests.store.alone import run_alone

_T = Plan(1).trace_id.hex()
SECRET = "".join(random.Random(7).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=60))


def _erasures(store: AgingStore) -> Erasures:
    return Erasures(store.engine, store.journal, store.directory / "erasures", store.loading, lambda: None)


def _erase(store: AgingStore, trace_id: str = "", forms: list[bytes] | None = None, scope: Scope = "traces") -> Any:
    erasures = _erasures(store)
    asked = erasures.ask(TENANT, "test", trace_id, forms or [], scope)
    erasures.run_pending()
    return erasures.state(TENANT, asked.id)


def _holds(store: AgingStore, text: str) -> bool:
    """Whether any column of any table can show the text."""
    names = store.engine.read(
        "SELECT name FROM system.tables WHERE database = 'clew' AND endsWith(engine, 'MergeTree')"
    )
    found = "position(toString(tuple(*)), {s:String}) > 0 OR position(toString(tuple(*)), {h:String}) > 0"
    parameters = {"s": text, "h": text.encode().hex().upper()}
    return any(
        store.count(f"SELECT count() FROM clew.{name.decode()} WHERE {found}", **parameters) for (name,) in names
    )


def _on_disk(store: AgingStore, text: str) -> list[Path]:
    """The files of the store that hold the text, uncompressed as the dictionaries of the text index are."""
    files = [path for path in (store.directory / "store").rglob("*") if path.is_file()]
    return [path for path in files if text.encode() in path.read_bytes()]


def _fill(store: AgingStore) -> None:
    store.load(
        days_ago(3),
        Plan(1, ("shop", "cart"), attributes={"user.id": SECRET, "tier": "gold"}),
        Plan(2, attributes={"user.id": "another", "tier": "gold"}),
    )
    store.load(TODAY, Plan(1, ("late",)), as_late=True)
    store.load_logs(TODAY, "shop", of_1=Plan(1).trace_id, of_2=Plan(2).trace_id, loose=b"")


def _values(store: AgingStore) -> set[tuple[str, str]]:
    rows = store.engine.read(
        "SELECT DISTINCT otlp_key(attribute), otlp_text(otlp_value(attribute)) FROM clew.attribute_values"
        " WHERE span_count > 0"
    )
    return {(key.decode(), value.decode()) for key, value in rows}


def _keys(store: AgingStore) -> set[str]:
    rows = store.engine.read("SELECT DISTINCT otlp_key(attribute) FROM clew.attribute_values")
    return {key.decode() for (key,) in rows}


def _by_key(directory: Path) -> None:
    with aging_store(directory) as store:
        names = {f"of {SECRET}": "1", "a key of 18 bytes!": "2", "tier": "gold"}
        store.load(days_ago(3), Plan(1, ("shop",), attributes=names), Plan(2, attributes={"tier": "silver"}))
        assert set(names) <= _keys(store)
        assert _erase(store, trace_id=Plan(1).trace_id.hex()).state == "finished"
        assert _keys(store) == {"tier"}
        assert _on_disk(store, SECRET) == []


def test_keys_that_only_erased_spans_had_are_gone(tmp_path: Path) -> None:
    """A key may say as much as a value; one that other spans have, too, stays."""
    run_alone(_by_key, tmp_path)


def _by_attribute(directory: Path) -> None:
    with aging_store(directory) as store:
        _fill(store)
        assert _holds(store, SECRET)
        assert _on_disk(store, SECRET)
        forms = forms_of("user.id", SECRET)
        counted = _erasures(store).count(TENANT, "", forms, "traces")
        assert counted == ErasureCounts(traces=1, spans=3, logs=1)
        assert store.all_traces() == [1, 2]
        state = _erase(store, forms=forms)
        assert (state.state, state.counts) == ("finished", counted)
        assert store.all_traces() == [2]
        assert not _holds(store, SECRET)
        assert _on_disk(store, SECRET) == []
        assert _values(store) == {("user.id", "another"), ("tier", "gold")}
        assert store.count("SELECT count() FROM clew.logs") == 2
        lines = list_audit(store.engine, TENANT, 10)
        assert [line.action for line in lines] == ["erase", "asked to erase"]
        assert lines[0].subject.startswith("sha256:")
        assert list((directory / "erasures").iterdir()) == []


def test_an_erased_value_is_gone_from_tables_and_disk(tmp_path: Path) -> None:
    """With the traces that carry it, their late spans and logs; other values of the catalogue stay."""
    run_alone(_by_attribute, tmp_path)


def _by_spans(directory: Path) -> None:
    with aging_store(directory) as store:
        store.load(
            days_ago(3),
            Plan(1, ("shop",), attributes={"user.id": SECRET}, is_error=True),
            Plan(2, attributes={"user.id": SECRET}),
        )
        store.load(days_ago(3), Plan(1, ("cart",)), as_late=True)
        state = _erase(store, forms=forms_of("user.id", SECRET), scope="spans")
        assert state.counts == ErasureCounts(traces=2, spans=2, logs=0)
        assert store.all_traces() == [1]
        sql = "SELECT sum(span_count), sum(error_count), groupUniqArrayArray(services) FROM clew.traces"
        assert list(store.engine.read(sql)) == [(1, 0, [b"cart"])]
        assert not _holds(store, SECRET)


def test_spans_can_be_erased_alone(tmp_path: Path) -> None:
    """The rest of their traces stays, with summaries that say what is left."""
    run_alone(_by_spans, tmp_path)


def _twins(directory: Path) -> None:
    with aging_store(directory) as store:
        store.load(days_ago(3), Plan(1, attributes={"user.id": SECRET}))
        store.load(days_ago(3), Plan(1, attributes={"user.id": "redacted"}))
        found = _erasures(store).count(TENANT, "", forms_of("user.id", SECRET), "spans")
        assert found.spans == 1
        state = _erase(store, forms=forms_of("user.id", SECRET), scope="spans")
        assert state.counts.spans == 1
        assert store.all_traces() == [1]
        assert store.count("SELECT count() FROM clew.spans") == 1
        assert not _holds(store, SECRET)


def test_a_span_that_was_sent_once_more_without_the_value_stays(tmp_path: Path) -> None:
    """Ids and times may be those of another span; what is erased is what has the value, as the dry run says."""
    run_alone(_twins, tmp_path)


def _log_twins(directory: Path) -> None:
    with aging_store(directory) as store:
        for said in ("secret", "kept", "kept_as_well"):
            store.load_logs(days_ago(3), "shop", **{said: b""})
        state = _erase(store, forms=forms_of("said", "secret"), scope="spans")
        assert state.counts.logs == 1
        sql = "SELECT arraySort(groupArray(substring(body, 3))), uniqExact(time_unix_nano) FROM clew.logs"
        assert list(store.engine.read(sql)) == [([b"kept", b"kept_as_well"], 1)]


def test_a_log_record_of_the_same_moment_stays(tmp_path: Path) -> None:
    """Records may share their times and their trace; what is erased is what has the value, as the dry run says."""
    run_alone(_log_twins, tmp_path)


def _by_id(directory: Path) -> None:
    with aging_store(directory) as store:
        _fill(store)
        state = _erase(store, trace_id=Plan(2).trace_id.hex())
        assert state.counts == ErasureCounts(traces=1, spans=1, logs=1)
        assert state.subject == Plan(2).trace_id.hex()
        assert store.all_traces() == [1]


def test_a_trace_can_be_erased_by_its_id(tmp_path: Path) -> None:
    """With its logs; the others stay."""
    run_alone(_by_id, tmp_path)


def _waits(directory: Path) -> None:
    with aging_store(directory) as store:
        store.load(days_ago(3), Plan(1, attributes={"user.id": SECRET}))
        done: queue.SimpleQueue[object] = queue.SimpleQueue()
        store.journal.append(f"traces/{TENANT}", b"", done.put)
        done.get(timeout=10)
        erasures = _erasures(store)
        asked = erasures.ask(TENANT, "test", "", forms_of("user.id", SECRET), "traces")
        erasures.run_pending()
        assert erasures.state(TENANT, asked.id).state == "waiting"
        assert store.all_traces() == [1]
        segment = store.journal.next_segment(10)
        assert segment is not None
        store.load(days_ago(3), Plan(2, attributes={"user.id": SECRET}))
        store.journal.release(segment)
        erasures.run_pending()
        assert erasures.state(TENANT, asked.id).state == "finished"
        assert store.all_traces() == []


def test_an_erasure_waits_for_what_was_sent_before_it(tmp_path: Path) -> None:
    """It begins when the journal's segments of that moment are loaded, and takes their spans, too."""
    run_alone(_waits, tmp_path)


def _killed(directory: Path, step: int) -> None:
    with aging_store(directory) as store:
        _fill(store)
        erasures = _erasures(store)
        erasures.ask(TENANT, "test", "", forms_of("user.id", SECRET), "traces")
        _fail_at(erasures, step)
        with pytest.raises(StoreError, match="killed"):
            erasures.run_pending()
    with aging_store(directory) as store:
        store.load(TODAY, Plan(1, ("sent after it", "inner"), root_ms=20), as_late=True)
        _erasures(store).run_pending()
        assert list((directory / "erasures").iterdir()) == []
        assert store.all_traces() == [1, 2]
        assert (
            store.count(
                "SELECT sum(span_count) FROM clew.traces WHERE trace_id = toFixedString(unhex({t:String}), 16)", t=_T
            )
            == 2
        )
        assert not _holds(store, SECRET)
        assert [line.span_count for line in list_audit(store.engine, TENANT, 10)] == [3, 0]


def _fail_at(erasures: Erasures, step: int) -> None:
    """Let it fail before its statement of that number, and all that follow."""
    run, done = erasures._run, list[str]()

    def run_or_fail(name: str, *arguments: Any, **named: Any) -> None:
        done.append(name)
        if len(done) > step:
            raise StoreError("killed")
        run(name, *arguments, **named)

    erasures._run = run_or_fail  # type: ignore[method-assign]  # a kill between any two statements


@pytest.mark.parametrize("step", [8, 13, 26])
def test_a_kill_during_an_erasure_delays_it_only(tmp_path: Path, step: int) -> None:
    """After the next start it is finished, counted as it would have been, and spares what was sent after it."""
    run_alone(_killed, tmp_path, step)


def _retried(directory: Path) -> None:
    with aging_store(directory) as store:
        _fill(store)
        erasures = _erasures(store)
        asked = erasures.ask(TENANT, "test", Plan(1).trace_id.hex(), [], "traces")
        other = erasures.ask(TENANT, "test", Plan(2).trace_id.hex(), [], "traces")
        is_clean = erasures._is_clean

        def fail_first(request: Any) -> bool:
            if request.id == asked.id:
                raise StoreError("the disk is busy")
            return is_clean(request)

        erasures._is_clean = fail_first  # type: ignore[method-assign]  # the disk of the first one
        with pytest.raises(StoreError, match="the disk is busy"):
            erasures.run_pending()
        assert erasures.state(TENANT, asked.id).state == "erasing"
        assert erasures.state(TENANT, other.id).state == "finished"
        store.load(days_ago(3), Plan(1, ("shop",)))
        erasures._is_clean = is_clean  # type: ignore[method-assign]  # a failure can only be made from outside
        erasures.run_pending()
        assert erasures.state(TENANT, asked.id).counts == ErasureCounts(traces=1, spans=3, logs=1)
        assert store.all_traces() == [1]


def test_an_erasure_that_fails_is_retried_alone_and_deletes_once(tmp_path: Path) -> None:
    """Those behind it are finished; the retry spares even the same span, sent again."""
    run_alone(_retried, tmp_path)


def _loading(directory: Path) -> None:
    with aging_store(directory) as store:
        store.load(days_ago(3), *(Plan(n, attributes={"a": "b"} if n == 1 else {}) for n in range(1, 200)))
        erasures = _erasures(store)
        late, run = iter(range(1000)), erasures._run

        def load_and_run(name: str, *arguments: Any, **named: Any) -> None:
            if not store.loading.locked():
                store.load(days_ago(3), Plan(1, ("shop",) * (2 + next(late))), as_late=True)
            run(name, *arguments, **named)

        erasures._run = load_and_run  # type: ignore[method-assign]  # loads come between any two statements
        for scope in ("spans", "traces"):
            asked = erasures.ask(
                TENANT, "test", "" if scope == "spans" else Plan(1).trace_id.hex(), forms_of("a", "b"), scope
            )
            erasures.run_pending()
            assert erasures.state(TENANT, asked.id).state == "finished"
            assert store.all_traces() == list(range(1, 200))


def test_spans_that_load_during_an_erasure_are_whole(tmp_path: Path) -> None:
    """Stored, summarised and counted alike, wherever between its steps they came."""
    run_alone(_loading, tmp_path)


def _quick(directory: Path) -> None:
    with aging_store(directory) as store:
        _fill(store)
        began_s = time.monotonic()
        assert _erase(store, trace_id=Plan(9).trace_id.hex()).counts == ErasureCounts()
        assert time.monotonic() - began_s < 5
        (directory / "erasures" / "0123.json").symlink_to(directory / "finished meanwhile")
        with pytest.raises(NotFound):  # listed, and gone when it is read
            _erasures(store).state(TENANT, "0123")
        stop = threading.Event()

        def keep_merging() -> None:
            handle = store.engine.trusted()
            while not stop.wait(0.2):
                handle.command("INSERT INTO clew.origins (tenant, received_day) SELECT 'busy', '2026-01-01'")
                handle.command("OPTIMIZE TABLE clew.origins FINAL")

        merging = threading.Thread(target=keep_merging)
        merging.start()
        try:
            assert _erase(store, trace_id=Plan(1).trace_id.hex()).state == "finished"
        finally:
            stop.set()
            merging.join()


def test_an_erasure_waits_for_its_own_files_only(tmp_path: Path) -> None:
    """With nothing to erase it is finished at once; merges of other days don't delay one."""
    run_alone(_quick, tmp_path)
