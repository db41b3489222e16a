"""Pinned traces: kept for ever, whatever age, budget and sampling say."""

import threading
import time
from dataclasses import dataclass

from clew.errors import NotFound
from clew.store.audit import record_audit
from clew.store.engine import Engine
from clew.store.statement import statement


@dataclass(frozen=True, slots=True)
class Pin:
    """A pinned trace (32 hex digits), since when and by whom."""

    trace_id: str
    pinned_unix_nano: int
    who: str


class Pins:
    """The pins of one store.

    `changing` is held while a pin is written: who holds it knows that none comes. `generation` counts the changes.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.changing = threading.Lock()
        self.generation = 0

    def pin(self, tenant: str, trace_id: bytes, who: str) -> None:
        """Durable when this returns. Raises NotFound when no span of the trace is stored."""
        parameters = {"tenant": tenant, "trace_id": trace_id.hex()}
        with self.changing:
            ((rows,),) = self._engine.read(statement("has_trace.sql"), parameters)
            if not rows:
                raise NotFound(f"no span of trace {trace_id.hex()} is stored here, so there is nothing to pin")
            self._record(tenant, trace_id, True, who)
        record_audit(self._engine, tenant, who, "pin", trace_id.hex(), traces=1)

    def unpin(self, tenant: str, trace_id: bytes, who: str) -> None:
        """From now on the rules decide about the trace. Raises NotFound when it isn't pinned."""
        with self.changing:
            if trace_id.hex() not in (pin.trace_id for pin in self.list(tenant)):
                raise NotFound(f"trace {trace_id.hex()} is not pinned")
            self._record(tenant, trace_id, False, who)
        record_audit(self._engine, tenant, who, "unpin", trace_id.hex(), traces=1)

    def list(self, tenant: str) -> list[Pin]:
        """All pins of a tenant, the newest first."""
        rows = self._engine.read(statement("list_pins.sql"), {"tenant": tenant})
        return [Pin(trace_id.decode(), pinned, who.decode()) for trace_id, pinned, who in rows]

    def _record(self, tenant: str, trace_id: bytes, is_pinned: bool, who: str) -> None:
        parameters = {"tenant": tenant, "trace_id": trace_id.hex(), "is_pinned": is_pinned, "who": who}
        self._engine.command(statement("record_pin.sql"), parameters | {"now": time.time_ns()})
        self.generation += 1
