"""A RetentionControl that keeps everything in memory: the interface, without an engine."""

from dataclasses import replace
from datetime import date

from clew.errors import NotFound
from clew.store.audit import AuditLine
from clew.store.erase import ErasureCounts, ErasureState
from clew.store.judgement import VerdictSum
from clew.store.pins import Pin
from clew.store.retention import AppliedRules, DayTrial, Trial
from clew.store.retention_rules import parse_rules

ONE_DAY = 'max_age = "1d"'
ERASURE_ID = "5f0c1a2b3c4d5e6f"


class MemoryRetention:
    """Notes what it is asked; one erasure is known, and finished."""

    def __init__(self) -> None:
        self.applied = AppliedRules('max_age = "30d"\n', 0, "")
        self.held: dict[str, Pin] = {}
        self.let_go: list[str] = []
        self.erased: list[tuple[str, ...]] = []
        self.state = ErasureState(ERASURE_ID, "finished", "sha256:00", 1, ErasureCounts(1, 2, 3))

    def rules(self) -> AppliedRules:
        return self.applied

    def apply_rules(self, text: str, who: str) -> AppliedRules:
        self.applied = AppliedRules(text, 17, who)
        return self.applied

    def try_rules(self, text: str) -> Trial:
        parse_rules(text, lambda _key, _value: ())
        kept = VerdictSum("errors", "shop", True, 1, 40, 1, 1.0)
        sums = (kept, replace(kept, rule="the rest", is_kept=False, trace_count=3, span_count=120, error_trace_count=0))
        days = [DayTrial(date(2026, 1, 1), 40.0, sums), DayTrial(date(2026, 1, 2), 50.0, (kept,))]
        return Trial(days[: 1 if text == ONE_DAY else None], ("errors", "gold"))

    def pins(self, tenant: str) -> list[Pin]:
        return list(self.held.values())

    def pin(self, tenant: str, trace_id: bytes, who: str) -> None:
        self.held[trace_id.hex()] = Pin(trace_id.hex(), 1763719200000000000, who)

    def unpin(self, tenant: str, trace_id: bytes, who: str) -> None:
        if trace_id.hex() not in self.held:
            raise NotFound(f"trace {trace_id.hex()} is not pinned")
        del self.held[trace_id.hex()]
        self.let_go.append(who)

    def count_erasure(self, tenant: str, trace_id: str, attribute: str, scope: str) -> ErasureCounts:
        return self.state.counts

    def erase(self, tenant: str, who: str, trace_id: str, attribute: str, scope: str) -> ErasureState:
        self.erased.append((who, trace_id, attribute, scope))
        return replace(self.state, state="waiting")

    def erasure(self, tenant: str, erasure_id: str) -> ErasureState:
        if erasure_id != ERASURE_ID:
            raise NotFound(f"there is no erasure {erasure_id}")
        return self.state

    def audit(self, tenant: str, limit: int) -> list[AuditLine]:
        return [AuditLine(1, "ann", "erase", "sha256:00", ERASURE_ID, 1, 2, 3)][:limit]
