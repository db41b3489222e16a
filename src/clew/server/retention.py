"""Retention, pins and erasures of a running server: what the API asks for, and the thread that does it."""

import time
from pathlib import Path
from typing import Literal, cast

from clew.errors import BadQuery
from clew.journal.journal import Journal
from clew.query.typed_value import attribute_forms, typed_values
from clew.store.audit import AuditLine, list_audit
from clew.store.engine import Engine
from clew.store.erase import ErasureCounts, Erasures, ErasureState
from clew.store.load import Loader
from clew.store.pins import Pin
from clew.store.retention import AppliedRules, Retention, RetentionThread, Trial

_BUSY_BYTES = 32 << 20
"""What waits in the journal when retention gives way to the loads."""
_LOOK_S = 1.0
"""Between two looks whether an erasure that waits for the loads can begin: a list of an empty directory."""


class RunningRetention:
    """The `RetentionControl` of one server."""

    def __init__(self, engine: Engine, journal: Journal, loader: Loader, directory: Path, interval_s: float) -> None:
        self._engine = engine
        self._interval_s = interval_s
        self._journal = journal
        self._retention = Retention(engine, journal, loader.loading, forms_of, pause=self._give_way)
        self._erasures = Erasures(engine, journal, directory / "erasures", loader.loading, self._give_way)
        # Not at once: whoever starts Clew on old data with wrong rules has time to notice.
        self._next_pass_s = time.monotonic() + interval_s
        tasks = {"an erasure": self._erasures.run_pending, "retention": self._run_pass}
        self._thread = RetentionThread(tasks, _LOOK_S)

    def start(self) -> None:
        """Finish erasures at once; the first pass over the days comes after `interval_s`, or when rules are applied."""
        self._thread.start()

    def stop(self) -> None:
        """End after the step in hand; the rest is done at the next start."""
        self._thread.stop()

    def rules(self) -> AppliedRules:
        return self._retention.rules()

    def apply_rules(self, text: str, who: str) -> AppliedRules:
        applied = self._retention.apply_rules(text, who)
        self._next_pass_s = 0.0
        self._thread.wake()
        return applied

    def try_rules(self, text: str) -> Trial:
        return self._retention.try_rules(text)

    def pins(self, tenant: str) -> list[Pin]:
        return self._retention.pins.list(tenant)

    def pin(self, tenant: str, trace_id: bytes, who: str) -> None:
        self._retention.pins.pin(tenant, trace_id, who)

    def unpin(self, tenant: str, trace_id: bytes, who: str) -> None:
        self._retention.pins.unpin(tenant, trace_id, who)

    def count_erasure(self, tenant: str, trace_id: str, attribute: str, scope: str) -> ErasureCounts:
        return self._erasures.count(tenant, trace_id, _forms(attribute), cast('Literal["traces", "spans"]', scope))

    def erase(self, tenant: str, who: str, trace_id: str, attribute: str, scope: str) -> ErasureState:
        state = self._erasures.ask(tenant, who, trace_id, _forms(attribute), cast('Literal["traces", "spans"]', scope))
        self._thread.wake()
        return state

    def erasure(self, tenant: str, erasure_id: str) -> ErasureState:
        return self._erasures.state(tenant, erasure_id)

    def audit(self, tenant: str, limit: int) -> list[AuditLine]:
        return list_audit(self._engine, tenant, limit)

    def _run_pass(self) -> None:
        if time.monotonic() >= self._next_pass_s:
            self._next_pass_s = time.monotonic() + self._interval_s
            self._retention.run_pass()

    def _give_way(self) -> None:
        self._thread.pause_while(lambda: self._journal.usage().waiting_bytes > _BUSY_BYTES)


def forms_of(key: str, typed: str) -> list[bytes]:
    """The encoded attributes that a person may mean."""
    return attribute_forms(key, typed_values(typed))


def _forms(attribute: str) -> list[bytes]:
    if not attribute:
        return []
    key, separator, value = attribute.partition("=")
    if not separator or not key:
        raise BadQuery("attribute", f"{attribute!r} is no key=value, such as user.id=42")
    return forms_of(key, value)
