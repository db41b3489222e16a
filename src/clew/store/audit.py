"""The audit log: one line for each pin, erasure and dropped day; lines are only ever added."""

import time
from dataclasses import dataclass

from clew.store.engine import Engine
from clew.store.statement import statement


@dataclass(frozen=True, slots=True)
class AuditLine:
    """`subject` is a trace id, a day, or the SHA-256 of what was erased: never the erased value itself."""

    at_unix_nano: int
    who: str
    action: str
    subject: str
    id: str
    trace_count: int
    span_count: int
    log_count: int


def record_audit(
    engine: Engine,
    tenant: str,
    who: str,
    action: str,
    subject: str,
    *,
    request_id: str = "",
    traces: int = 0,
    spans: int = 0,
    logs: int = 0,
) -> None:
    """Add a line, durable when this returns; an empty tenant stands for all. The same request id is written once."""
    parameters = {"at": time.time_ns(), "tenant": tenant, "who": who, "action": action, "subject": subject}
    parameters |= {"id": request_id, "traces": traces, "spans": spans, "logs": logs}
    settings = {"insert_deduplication_token": f"{request_id}-{action}"} if request_id else {}
    engine.command(statement("record_audit.sql"), parameters, settings)


def list_audit(
    engine: Engine, tenant: str, limit: int, before_unix_nano: int | None = None, request_id: str = ""
) -> list[AuditLine]:
    """The newest lines of a tenant, and those about all tenants; of one request when its id is given."""
    before = time.time_ns() + 1 if before_unix_nano is None else before_unix_nano
    parameters = {"tenant": tenant, "before": before, "id": request_id, "limit": limit}
    return [
        AuditLine(at, who.decode(), action.decode(), subject.decode(), id_.decode(), traces, spans, logs)
        for at, who, action, subject, id_, traces, spans, logs in engine.read(statement("list_audit.sql"), parameters)
    ]
