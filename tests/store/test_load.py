import logging
import os
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.journal.journal import Journal
from clew.journal.record import encode_record, read_records
from clew.journal.segment import Segment, segment_name
from clew.journal.settings import JournalSettings
from clew.store.engine import Engine
from clew.store.load import Loaded, Loader, load_segment
from clew.store.migrate import migrate
from clew.store.settings import StoreSettings
from clew.store.statement import statement
from clew.store.warm_up import LoadSegment
from tests.data_plane import TIMEOUT_S, DataPlane, new_tenant
from tests.otlp_requests import spans_of
from tests.store.alone import run_alone
from tests.store.segments import DERIVED, day_of, derived_rows, make_spans, request_of, write_segment

VIEW_OF = {  # by derived table: its view and the migration that makes it
    "traces": ("traces_of_spans", "0018_create_traces_view.sql"),
    "trace_starts": ("trace_starts_of_traces", "0020_create_trace_starts_view.sql"),
    "operation_minutes": ("operation_minutes_of_spans", "0022_create_operation_minutes_view.sql"),
    "operations": ("operations_of_operation_minutes", "0024_create_operations_view.sql"),
    "origins": ("origins_of_spans", "0026_create_origins_view.sql"),
    "attribute_values": ("attribute_values_of_spans", "0028_create_attribute_values_view.sql"),
}
TRACE_ID = b"T" * 16
_FILLED = {"spans", "traces", "trace_starts", "operation_minutes", "operations", "origins"}


def _payload(service: str = "orders", count: int = 50) -> bytes:
    return request_of(service, *make_spans(count)).SerializeToString()


def _field(number: int, content: bytes) -> bytes:
    return _tag(number, 2) + _varint(len(content)) + content


def _tag(number: int, wire_type: int) -> bytes:
    return _varint(number << 3 | wire_type)


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def _request_with_span(more: bytes, trace_id: bytes = TRACE_ID) -> bytes:
    span = _field(1, trace_id) + _field(2, b"S" * 8) + more
    return _field(1, _field(2, _field(2, span)))


_PAIR = _field(1, b"k")
# What protobuf allows and Google's reader reads, but the engine's doesn't.
ODD = {  # by name: more fields of a span
    "an unknown group": _tag(99, 3) + _tag(1, 0) + b"\x01" + _tag(99, 4),
    "a number in ten bytes": _tag(6, 0) + b"\x82" + b"\x80" * 8 + b"\x00",
    "an int32 of over 32 bits": _tag(6, 0) + _varint(2**32 + 2),
    "a uint32 of over 32 bits": _tag(10, 0) + _varint(2**33 + 7),
    "a boolean of 2": _field(9, _PAIR + _field(2, _tag(2, 0) + b"\x02")),
    "a text as number": _tag(5, 0) + b"\x03",
    "a time as number": _tag(7, 0) + b"\x03",
    "a message as number": _tag(15, 0) + b"\x01",
    "two kinds in one value": _field(9, _PAIR + _field(2, _field(1, b"a") + _tag(3, 0) + b"\x05")),
    "two values of one attribute": _field(
        9, _PAIR + _field(2, _field(1, b"a")) + _field(2, _tag(4, 1) + struct.pack("<d", 0.5))
    ),
}


@pytest.fixture
def handle(data_plane: DataPlane) -> Iterator[object]:
    """A trusted handle of its own."""
    handle = data_plane.engine.trusted()
    yield handle
    handle.close()


def test_a_segment_loaded_twice_adds_nothing(
    data_plane: DataPlane, handle: object, tenant: str, tmp_path: Path
) -> None:
    """The second load of a segment changes neither the spans nor any derived table."""
    segment = write_segment(tmp_path, tenant, _payload("orders"), _payload("billing", 7))
    load_segment(handle, segment)
    once = derived_rows(data_plane.engine, tenant)
    assert once["spans"] == [(57,)]
    assert all(once[table] for table in DERIVED)
    for _ in range(2):
        load_segment(handle, segment)
        assert derived_rows(data_plane.engine, tenant) == once


def test_equal_bytes_in_two_segments_are_stored_twice(
    data_plane: DataPlane, handle: object, tenant: str, tmp_path: Path
) -> None:
    """Once is meant per segment: the same request sent twice without a key is two requests."""
    for _ in range(2):
        load_segment(handle, write_segment(tmp_path, tenant, _payload(count=5)))
    assert derived_rows(data_plane.engine, tenant)["spans"] == [(10,)]


@pytest.mark.parametrize("table", VIEW_OF)
def test_a_load_cut_short_between_table_and_view_is_completed(
    data_plane: DataPlane, handle: object, tenant: str, tmp_path: Path, table: str
) -> None:
    """Spans that are stored without their row in a derived table get it by the replay, and nothing else twice."""
    whole_tenant = new_tenant()
    load_segment(handle, write_segment(tmp_path, whole_tenant, _payload()))
    segment = write_segment(tmp_path, tenant, _payload())
    view, migration = VIEW_OF[table]
    data_plane.engine.command(f"DROP VIEW {view} SYNC")
    try:
        load_segment(handle, segment)
    finally:
        data_plane.engine.command(statement(f"migrations/{migration}"))
    assert derived_rows(data_plane.engine, tenant)[table] == []
    for _ in range(2):
        load_segment(handle, segment)
        assert derived_rows(data_plane.engine, tenant) == derived_rows(data_plane.engine, whole_tenant)


def test_a_large_segment_is_one_part_of_each_table(
    data_plane: DataPlane, handle: object, tenant: str, tmp_path: Path
) -> None:
    """200,000 spans with starts all over 64 bits become one part of one partition per table, replayed or not."""
    starts = [number * 0x9E3779B97F4A7C15 % 2**64 for number in range(1, 200_001)]
    head, middle, time = _tag(1, 2) + b"\x10", _tag(2, 2) + b"\x08", _tag(7, 1)
    spans = [
        _field(2, head + 2 * start.to_bytes(8, "big") + middle + bytes(8) + time + start.to_bytes(8, "little"))
        for start in starts
    ]
    segment = write_segment(tmp_path, tenant, _field(1, _field(2, b"".join(spans))))
    parameters = {"day": day_of(segment)}
    for _ in range(2):
        load_segment(handle, segment)
        parts = data_plane.engine.read(
            "SELECT table, count(), sum(rows) FROM system.parts WHERE database = 'clew' AND min_date = {day:Date}"
            " AND active GROUP BY table",
            parameters,
        )
        found = {table.decode(): (count, rows) for table, count, rows in parts}
        assert {count for count, _ in found.values()} == {1}, found
        assert set(found) >= _FILLED
        assert found["spans"][1] == found["traces"][1] == 200_000
    rows = data_plane.engine.read(
        "SELECT sum(span_count), uniqExact(received_day) FROM clew.traces WHERE tenant = {t:String}", {"t": tenant}
    )
    assert list(rows) == [(200_000, 1)]


def test_the_longest_trace_ends_at_its_latest_end(
    data_plane: DataPlane, handle: object, tenant: str, tmp_path: Path
) -> None:
    """Ends on both sides of 2^63 are compared without sign, and an end before its start counts as the start."""
    bounds = [(1, 2), (2**63 - 5, 2**63 + 9), (2**64 - 3, 2**64 - 1), (100, 50)]
    spans = make_spans(4)
    for span, (start, end) in zip(spans, bounds, strict=True):
        span.trace_id, span.start_time_unix_nano, span.end_time_unix_nano = TRACE_ID, start, end
    load_segment(handle, write_segment(tmp_path, tenant, request_of("s", *spans).SerializeToString()))
    rows = data_plane.engine.read(
        "SELECT min(start_time_unix_nano), max(end_time_unix_nano) FROM clew.traces WHERE tenant = {t:String}",
        {"t": tenant},
    )
    assert list(rows) == [(1, 2**64 - 1)]


def test_an_empty_segment_is_no_error(data_plane: DataPlane, handle: object, tenant: str, tmp_path: Path) -> None:
    """A file without records, and requests without spans, store nothing."""
    for payloads in ((), (b"",), (request_of("s").SerializeToString(), b"")):
        load_segment(handle, write_segment(tmp_path, tenant, *payloads))
    assert derived_rows(data_plane.engine, tenant)["spans"] == [(0,)]


def test_a_path_with_quotes_is_loaded(data_plane: DataPlane, handle: object, tenant: str, tmp_path: Path) -> None:
    """The directory may have quotes, backslashes, braces and glob signs in its name."""
    directory = tmp_path / 'it\'s a \\ "{x:String}" *?[a]{b,c}'
    directory.mkdir()
    load_segment(handle, write_segment(directory, tenant, _payload(count=3)))
    assert derived_rows(data_plane.engine, tenant)["spans"] == [(3,)]


def _load_elsewhere(directory: str) -> list[str]:
    engine = Engine(Path(directory) / "store")
    migrate(engine)
    working = Path(directory) / "working"
    working.mkdir()
    os.chdir(working)
    log_request = ExportLogsServiceRequest()
    log_request.resource_logs.add().scope_logs.add().log_records.add(trace_id=TRACE_ID)
    handle = engine.trusted()
    load_segment(handle, write_segment(Path(directory), "t", _payload()))
    load_segment(handle, write_segment(Path(directory), "t", log_request.SerializeToString(), signal="logs"))
    assert engine.read("SELECT count() FROM clew.logs") == [(1,)]
    engine.close()
    return [path.name for path in working.iterdir()]


def test_loading_leaves_the_working_directory_alone(tmp_path: Path) -> None:
    """The engine writes nothing to wherever Clew was started."""
    assert run_alone(_load_elsewhere, str(tmp_path)) == []


def _load_large_resources(directory: str) -> list[tuple[int, int]]:
    engine = Engine(Path(directory) / "store", StoreSettings(max_memory_bytes=1 << 30))
    migrate(engine)
    payloads = [
        request_of("s", *make_spans(127), resource={f"large {number}": "x" * (2 << 20)}).SerializeToString()
        for number in range(6)
    ]
    load_segment(engine.trusted(), write_segment(Path(directory), "t", *payloads))
    rows = engine.read("SELECT toUInt32(count()), toUInt32(sum(span_count)) FROM clew.origins")
    engine.close()
    return [(origins, spans) for origins, spans in rows]


def test_a_large_resource_is_not_copied_for_every_span(tmp_path: Path) -> None:
    """12 MiB that would be 1.5 GiB, were each resource written out with its spans, are loaded within 1 GiB."""
    assert run_alone(_load_large_resources, str(tmp_path)) == [(6, 6 * 127)]


class _OneSegment:
    """A journal with one sealed segment of given payloads, and a loader for it that begins at once."""

    def __init__(self, directory: Path, engine: Engine, tenant: str, payloads: list[bytes]) -> None:
        self.quarantine = directory / "quarantine"
        segments = directory / "journal" / "segments"
        segments.mkdir(parents=True)
        self.path = segments / segment_name(1, 1763683200123, f"traces/{tenant}")
        self.path.write_bytes(b"".join(piece for payload in payloads for piece in encode_record(payload)))
        self.journal = Journal(directory / "journal", JournalSettings(min_free_bytes=0))
        self.told: list[Loaded] = []
        self.loader = Loader(engine, self.journal, self.quarantine, self.told.append)

    def load(self) -> None:
        """Load the segment and stop."""
        self.loader.start()
        released = self.journal.wait_released(1, TIMEOUT_S)
        self.loader.stop()
        self.journal.close()
        assert released


@pytest.fixture
def no_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine of the data plane is warm: a loader of its own for each test need not wait again."""

    def skip(_engine: Engine, _directory: Path, _load: LoadSegment) -> None:
        pass

    monkeypatch.setattr("clew.store.load.warm_up", skip)


def test_what_a_strict_reader_refuses_is_written_anew(
    data_plane: DataPlane, no_warm_up: None, tenant: str, tmp_path: Path
) -> None:
    """Requests that are valid but odd are stored as protobuf means them, and so are their neighbours."""
    neighbour = request_of("s", *make_spans(3)).SerializeToString()
    odd = {
        name: _request_with_span(fields, number.to_bytes(16, "big"))
        for number, (name, fields) in enumerate(ODD.items(), 1000)
    }
    case = _OneSegment(
        tmp_path, data_plane.engine, tenant, [p for payload in odd.values() for p in (payload, neighbour)]
    )
    case.load()
    for number, (name, payload) in enumerate(odd.items(), 1000):
        sent = ExportTraceServiceRequest.FromString(payload)
        sent.DiscardUnknownFields()
        (found,) = data_plane.reader.traces(tenant, [number.to_bytes(16, "big")])
        assert spans_of(found) == spans_of(sent), name
    assert derived_rows(data_plane.engine, tenant)["spans"] == [(4 * len(ODD),)]
    assert case.loader.counters.quarantined == 0
    assert not case.path.exists()


def test_what_a_killed_loader_left_is_removed(
    data_plane: DataPlane, no_warm_up: None, tenant: str, tmp_path: Path
) -> None:
    """Parts of a segment that were being loaded hold spans, and lie where nobody would look for them."""
    left = tmp_path / "scratch" / "tmpabc" / "7.0-14"
    left.parent.mkdir(parents=True)
    left.write_bytes(_payload())
    case = _OneSegment(tmp_path, data_plane.engine, tenant, [_payload(), b"\xff\xff\xff"])
    case.load()
    assert list((tmp_path / "scratch").iterdir()) == []


def test_what_nobody_can_read_is_set_aside(
    data_plane: DataPlane, no_warm_up: None, tenant: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Records that are no protobuf go to the quarantine, whole; all others of the segment are stored once."""
    bad = {3: b"\xff\xff\xff", 17: b"\x0a\x05ab", 18: b"\x00", 39: b"\x0b"}
    payloads = [bad.get(number, _payload(count=2)) for number in range(40)]
    case = _OneSegment(tmp_path, data_plane.engine, tenant, payloads)
    with caplog.at_level(logging.ERROR, "clew.store.load"):
        case.load()
    assert derived_rows(data_plane.engine, tenant)["spans"] == [(72,)]
    found = {
        int(path.name.rsplit(".", 1)[1].split("-")[0]): [record.payload for record in read_records(path.read_bytes())]
        for path in case.quarantine.iterdir()
    }
    assert found == {number: [payload] for number, payload in bad.items()}
    assert case.loader.counters.quarantined == len(bad) == len(caplog.records)
    assert all(str(case.quarantine) in record.getMessage() for record in caplog.records)


def test_a_crash_among_the_parts_of_a_segment_stores_nothing_twice(
    data_plane: DataPlane, no_warm_up: None, tenant: str, tmp_path: Path
) -> None:
    """A segment with a bad record that is loaded again from its start adds nothing, in no table."""
    odd = _request_with_span(ODD["a boolean of 2"])
    payloads = [_payload(count=2), b"\xff", _payload("billing", 3), odd]
    _OneSegment(tmp_path / "a", data_plane.engine, tenant, payloads).load()
    once = derived_rows(data_plane.engine, tenant)
    assert once["spans"] == [(6,)]
    _OneSegment(tmp_path / "b", data_plane.engine, tenant, payloads).load()
    assert derived_rows(data_plane.engine, tenant) == once


def test_a_damaged_segment_is_kept_and_its_good_part_stored(
    data_plane: DataPlane, no_warm_up: None, tenant: str, tmp_path: Path
) -> None:
    """Rot on disk in a sealed segment: what can be read, before it and behind, is stored, and the file is kept."""
    case = _OneSegment(tmp_path, data_plane.engine, tenant, [_payload(count=count) for count in (1, 2, 3)])
    content = bytearray(case.path.read_bytes())
    first, second, _ = read_records(bytes(content))
    content[second.offset + 3 : second.offset + 40] = b"\xff" * 37
    case.path.write_bytes(content)
    case.load()
    assert derived_rows(data_plane.engine, tenant)["spans"] == [(4,)]
    (kept,) = case.quarantine.iterdir()
    assert kept.name == case.path.name + ".damaged"
    assert kept.read_bytes() == content
    assert case.loader.counters.quarantined == 1
    assert first.end == second.offset


def test_before_the_start_a_damaged_segment_holds_nothing_up(
    data_plane: DataPlane, no_warm_up: None, tenant: str, tmp_path: Path
) -> None:
    """An upgrade loads what waits, in a directory where nothing but journal and store may be: of a backup, or new."""
    case = _OneSegment(tmp_path, data_plane.engine, tenant, [_payload(count=count) for count in (1, 2)])
    content = bytearray(case.path.read_bytes())
    content[-40:] = b"\xff" * 40
    case.path.write_bytes(content)
    assert not (tmp_path / "scratch").exists()
    case.loader.load_waiting()
    assert case.journal.usage().waiting_segments == 0
    case.journal.close()
    assert derived_rows(data_plane.engine, tenant)["spans"] == [(1,)]
    assert case.loader.counters.quarantined == 1


def test_a_reason_that_may_pass_is_waited_for(
    data_plane: DataPlane, no_warm_up: None, tenant: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """While the engine can't take a segment it is tried again, and nothing is set aside."""
    case = _OneSegment(tmp_path, data_plane.engine, tenant, [_payload()])
    hidden = case.path.with_suffix(".hidden")
    case.path.rename(hidden)
    case.loader.start()
    with caplog.at_level(logging.WARNING, "clew.store.load"):
        assert not case.journal.wait_released(1, 0.5)
        hidden.rename(case.path)
        assert case.journal.wait_released(1, TIMEOUT_S)
    case.loader.stop()
    case.journal.close()
    assert case.loader.counters.retries > 0
    assert "trying again" in caplog.text
    assert [(each.failed_tries, bool(each.error)) for each in case.told] == [
        (tries, tries < len(case.told) - 1) for tries in range(case.loader.counters.retries + 1)
    ]
    assert case.loader.counters.quarantined == 0
    assert derived_rows(data_plane.engine, tenant)["spans"] == [(50,)]


def test_a_stopped_loader_gives_its_segment_back(
    data_plane: DataPlane, no_warm_up: None, tenant: str, tmp_path: Path
) -> None:
    """Stopping while a segment can't be loaded leaves it in the journal."""
    case = _OneSegment(tmp_path, data_plane.engine, tenant, [_payload()])
    case.path.rename(case.path.with_suffix(".hidden"))
    case.loader.start()
    assert not case.journal.wait_released(1, 0.2)
    case.loader.stop()
    segment = case.journal.next_segment(0)
    assert segment is not None
    assert segment.path == case.path
    case.journal.close()


def test_a_segment_that_fails_holds_nobody_up(
    data_plane: DataPlane, no_warm_up: None, tenant: str, tmp_path: Path
) -> None:
    """While one segment can't be loaded, those behind it are, and its turn comes again."""
    case = _OneSegment(tmp_path, data_plane.engine, tenant, [_payload()])
    hidden = case.path.with_suffix(".hidden")
    case.path.rename(hidden)
    case.loader.start()
    assert not case.journal.wait_released(1, 0.3)
    stored = threading.Event()
    case.journal.append(f"traces/{tenant}", _payload("behind", 7), lambda _: stored.set())
    assert stored.wait(TIMEOUT_S)
    deadline_s = time.monotonic() + TIMEOUT_S
    while derived_rows(data_plane.engine, tenant)["spans"] != [(7,)]:
        assert time.monotonic() < deadline_s
    hidden.rename(case.path)
    assert case.journal.wait_released(case.journal.usage().last_sequence, TIMEOUT_S)
    case.loader.stop()
    case.journal.close()
    assert derived_rows(data_plane.engine, tenant)["spans"] == [(57,)]


@pytest.mark.parametrize(
    "name", ["0000000000000001-1763683200000-metrics-t.otlp", "0000000000000001-99999999999999999-traces-t.otlp"]
)
def test_a_segment_that_no_try_can_load_is_set_aside(
    data_plane: DataPlane, no_warm_up: None, tmp_path: Path, name: str
) -> None:
    """A segment of an unknown signal, or of an impossible time, goes to quarantine at once."""
    segments = tmp_path / "journal" / "segments"
    segments.mkdir(parents=True)
    (segments / name).write_bytes(b"".join(encode_record(_payload())))
    journal = Journal(tmp_path / "journal")
    loader = Loader(data_plane.engine, journal, tmp_path / "quarantine")
    loader.start()
    assert journal.wait_released(1, TIMEOUT_S)
    loader.stop()
    journal.close()
    assert [entry.name for entry in (tmp_path / "quarantine").iterdir()] == [name]


def _load_in_a_new_process(directory: str) -> dict[str, list[Sequence[Any]]]:
    engine = Engine(Path(directory) / "store")
    migrate(engine)
    path = Path(directory) / "segment"
    segment = Segment(7, 1763683200123, "traces/t", path, path.stat().st_size)
    load_segment(engine.trusted(), segment)
    rows = derived_rows(engine, "t")
    engine.close()
    return rows


def test_a_segment_that_is_replayed_after_a_start_adds_nothing_anywhere(tmp_path: Path) -> None:
    """As after a kill between the load and the release: each table knows the load, also what views fill."""
    (tmp_path / "segment").write_bytes(b"".join(encode_record(_payload(count=5))))
    first = run_alone(_load_in_a_new_process, str(tmp_path))
    assert first["spans"] == [(5,)]
    assert run_alone(_load_in_a_new_process, str(tmp_path)) == first
