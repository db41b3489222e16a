"""The data directory in `first_schema.tar.zst` was written by the first Clew (its migrations 0001 to 0010).

Beside it lie the requests that were sent to it: `traces.bin` and `logs.bin`, each request behind its length (4 bytes,
little endian). The last of the traces went to the tenant `other` as well.
"""

import hashlib
import io
import struct
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import zstandard
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.store.engine import Engine
from clew.store.migrate import create_functions, migrate
from clew.store.read import list_operations, list_services, read_logs, read_traces
from clew.store.statement import migration_names, statement
from tests.otlp_requests import Item, logs_of, spans_of
from tests.store.alone import run_alone
from tests.store.segments import derived_rows

ARCHIVE = Path(__file__).with_name("first_schema.tar.zst")
FIRST_OF_THE_SECOND = "0011_drop_views_of_spans.sql"
COPIES = ("0029_copy_spans.sql", "0030_copy_logs.sql")


def _unpack(directory: Path) -> Path:
    with ARCHIVE.open("rb") as packed:
        data = zstandard.ZstdDecompressor().stream_reader(packed).read()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall(directory, filter="fully_trusted")  # noqa: S202 - an archive of our own
    return directory


def _requests(path: Path) -> list[bytes]:
    data, at, requests = path.read_bytes(), 0, []
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at)
        requests.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return requests


def _sent_spans(directory: Path) -> Counter[Item]:
    return sum(
        (spans_of(ExportTraceServiceRequest.FromString(body)) for body in _requests(directory / "traces.bin")),
        Counter(),
    )


def _stored_spans(engine: Engine, tenant: str, items: Counter[Item]) -> Counter[Item]:
    trace_ids = sorted({_trace_id(item) for item in items})
    return sum((spans_of(data) for data in read_traces(engine, tenant, trace_ids)), Counter())


def _trace_id(item: Item) -> bytes:
    return item[4][2:18]  # the first field of a span: tag, length, 16 bytes


def _upgrade(directory: str, broken_off_at: str | None = None) -> dict[str, Any]:
    """Migrate the unpacked directory (after breaking off behind that migration) and read all of it."""
    path = Path(directory)
    engine = Engine(path / "data" / "store")
    if broken_off_at is not None:
        _break_off(engine, broken_off_at)
    applied = migrate(engine)
    sent = _sent_spans(path)
    shop = spans_of(ExportTraceServiceRequest.FromString(_requests(path / "traces.bin")[-1]))
    logs = [ExportLogsServiceRequest.FromString(body) for body in _requests(path / "logs.bin")]
    trace_ids = {log.resource_logs[0].scope_logs[0].log_records[0].trace_id for log in logs}
    facts = {
        "applied": applied,
        "spans": _stored_spans(engine, "default", sent) == sent,
        "others": _stored_spans(engine, "other", shop) == shop,
        "logs": sum((logs_of(read_logs(engine, "default", trace_id)) for trace_id in trace_ids), Counter())
        == sum(map(logs_of, logs), Counter()),
        "tables": {
            bytes(name).decode() for (name,) in engine.read("SELECT name FROM system.tables WHERE database = 'clew'")
        },
        "derived": derived_rows(engine, "other"),
        "services": [
            (service.name, service.span_count, service.error_count) for service in list_services(engine, "other")
        ],
        "operations": len(list_operations(engine, "other", "cart")),
    }
    engine.close()
    return facts


def _break_off(engine: Engine, last: str) -> None:
    """Migrate as a process that was killed when `last` was applied and not yet recorded.

    A copy reads blocks of another size, as it does when parts are merged between the two tries.
    """
    create_functions(engine.command)
    names = migration_names()
    for name in names[names.index(FIRST_OF_THE_SECOND) : names.index(last) + 1]:
        text = statement(f"migrations/{name}")
        engine.command(text.replace(" max_block_size = 65536", " max_block_size = 50"))
        if name != last:
            checksum = hashlib.sha256(text.encode()).hexdigest()
            engine.command(statement("record_schema_migrations.sql"), {"names": [name], "checksums": [checksum]})


def _check(facts: dict[str, Any]) -> None:
    assert facts["spans"], "every span comes back as it was sent to the first Clew"
    assert facts["others"]
    assert facts["logs"]
    assert not [name for name in facts["tables"] if "first_schema" in name]
    assert facts["services"] == [("cart", 50, 5), ("pay", 50, 5)]
    assert facts["operations"] == 5
    assert facts["derived"]["spans"] == [(100,)]
    assert sum(row[4] for row in facts["derived"]["traces"]) == 100
    assert sum(row[4] for row in facts["derived"]["operation_minutes"]) == 100


def test_data_of_the_first_schema_is_still_answered(tmp_path: Path) -> None:
    """Spans and logs of two tenants come back field by field, and the derived tables are those of the spans."""
    facts = run_alone(_upgrade, str(_unpack(tmp_path)))
    assert facts["applied"] == migration_names()[migration_names().index(FIRST_OF_THE_SECOND) :]
    _check(facts)


@pytest.mark.parametrize("last", [FIRST_OF_THE_SECOND, "0013_rename_spans.sql", *COPIES, "0031_drop_first_schema.sql"])
def test_an_upgrade_that_was_broken_off_is_finished(tmp_path: Path, last: str) -> None:
    """Killed between a step and its record, the next start loses nothing and copies nothing twice."""
    _check(run_alone(_upgrade, str(_unpack(tmp_path)), last))
