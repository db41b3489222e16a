"""What the read door needs from the system; `server` hands it over when it wires the parts together."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from msgspec import Struct
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from clew.model.metric import HistogramMetric, Metric
from clew.model.red import RedQuery, RedSeries
from clew.model.service_graph import GraphEdge, GraphQuery
from clew.model.trace import AttributeKey, AttributeValue, MatchHistogram, Operation, ServiceSummary, TracePage
from clew.query.search import TraceQuery
from clew.query.trace_window import TraceWindows
from clew.sampling.answer import Answer
from clew.sampling.versions import StrategyVersions
from clew.sampling.watched_file import WatchedFile
from clew.store.audit import AuditLine
from clew.store.erase import ErasureCounts, ErasureState
from clew.store.pins import Pin
from clew.store.retention import AppliedRules, Trial
from clew.store.span_columns import UInt64s


class TraceReader(Protocol):
    """Answers questions about what is stored.

    Every method may block and may be called from several threads at once. An implementation MUST raise BadQuery
    for a parameter it can't use, QueryTooExpensive when a limit was hit and Overloaded when it has no room now;
    it MUST NOT return part of an answer instead.
    """

    def services(self, tenant: str) -> list[ServiceSummary]:
        """All services of the tenant, in any order; empty when nothing is stored."""

    def operations(self, tenant: str, service: str) -> list[Operation]:
        """The operations of one service, in any order; empty when the service is unknown."""

    def search_traces(self, query: TraceQuery) -> TracePage:
        """At most `query.limit` traces, newest first; raises BadQuery("cursor", …) for a cursor of another query."""

    def count_matches(self, query: TraceQuery, buckets: int) -> MatchHistogram:
        """How many spans and traces match in each of so many intervals between the query's start and end."""

    def trace(self, tenant: str, trace_id: bytes) -> TracesData:
        """All spans of one trace (16-byte id); raises NotFound, and QueryTooExpensive for a trace of too many spans."""

    def windows(self, tenant: str, trace_id: bytes) -> TraceWindows:
        """The trace opened for windows; raises NotFound.

        It has every span that is stored by now, or says how many it lacks and has those about a second later.
        """

    def trace_parts(self, tenant: str, trace_id: bytes, part_spans: int) -> Iterator[TracesData]:
        """All spans of a trace, about `part_spans` at a time; each step may block. Raises NotFound."""

    def span(self, tenant: str, trace_id: bytes, ref: str) -> TracesData:
        """One span, whole, by its ref in windows; raises BadQuery for what is no ref, NotFound."""

    def span_logs(self, tenant: str, trace_id: bytes, ref: str) -> LogsData:
        """The log records that carry the id of a span; empty when there are none."""

    def ids_with_attribute(self, tenant: str, trace_id: bytes, key: str, typed: str) -> UInt64s:
        """The ids (big-endian numbers) of a trace's spans that have the attribute, on any level, with such a value."""

    def logs(self, tenant: str, trace_id: bytes) -> LogsData:
        """The log records of one trace (16-byte id); empty when there are none."""

    def traces(self, tenant: str, trace_ids: Sequence[bytes]) -> list[TracesData]:
        """One message per id in the order asked for; without spans for a trace that isn't there (any more)."""

    def attribute_keys(self, tenant: str, prefix: str, limit: int) -> list[AttributeKey]:
        """At most `limit` attribute names that start with `prefix`."""

    def attribute_values(self, tenant: str, key: str, prefix: str, limit: int) -> list[AttributeValue]:
        """At most `limit` values of one attribute that start with `prefix`, most frequent first."""

    def red(self, query: RedQuery) -> list[RedSeries]:
        """A series for each service that has such spans in these minutes, in any order."""

    def service_graph(self, query: GraphQuery) -> list[GraphEdge]:
        """Each edge that was called in these minutes once, in any order."""


class JournalStatus(Struct, frozen=True):
    """How far the journal is ahead of the store.

    All that was acknowledged while `last_segment` was n can be searched once `loaded_segment` >= n.
    """

    waiting_bytes: int
    waiting_segments: int
    last_segment: int
    loaded_segment: int


class StoreStatus(Struct, frozen=True):
    """How much is stored, over all tenants; `bytes` is what all tables with their indexes take on disk.

    `traces` is never too low; one that came in several loads counts several times until they are merged.
    """

    spans: int
    traces: int
    logs: int
    bytes: int


class LoadStatus(Struct, frozen=True):
    """What can't be loaded.

    `failing_segments` wait for another try; `last_error` says why the last load failed, also when it worked later.
    `quarantined_files` were set aside in the directory `quarantine`; `quarantined_names` are the first 20 of them.
    """

    failing_segments: int = 0
    last_error: str = ""
    quarantine: str = ""
    quarantined_files: int = 0
    quarantined_bytes: int = 0
    quarantined_names: tuple[str, ...] = ()


class StatusReport(Struct, frozen=True):
    """The figures of `GET /api/clew/v1/status`; `graph_lag_s` (seconds) is null when the graph isn't computed.

    `store` and `load`, which are about all tenants, are null for a key that is for one. `sampling_complaint` says
    what is wrong with the strategies file; empty when all is well.
    """

    version: str
    journal: JournalStatus
    store: StoreStatus | None
    load: LoadStatus | None = LoadStatus()
    graph_lag_s: float | None = None
    sampling_complaint: str = ""


class SystemStatus(Protocol):
    """What the running system says about itself."""

    def status(self) -> StatusReport:
        """The figures now; may block."""

    def metrics(self) -> Iterable[Metric | HistogramMetric]:
        """All metric families, each name once; may block."""

    def ready(self) -> str | None:
        """None when spans are accepted and can be searched, else the reason; MUST return at once."""


class RetentionControl(Protocol):
    """Retention rules, pins, erasures and the audit log. Every method may block, from several threads at once."""

    def rules(self) -> AppliedRules:
        """The rules in force."""

    def apply_rules(self, text: str, who: str) -> AppliedRules:
        """Put rules in force; raises BadQuery that names the key."""

    def try_rules(self, text: str) -> Trial:
        """What rules would do to each stored day; MUST change nothing; raises BadQuery."""

    def pins(self, tenant: str) -> list[Pin]:
        """The newest first."""

    def pin(self, tenant: str, trace_id: bytes, who: str) -> None:
        """MUST be durable when it returns; raises NotFound."""

    def unpin(self, tenant: str, trace_id: bytes, who: str) -> None:
        """MUST be durable when it returns; raises NotFound when the trace isn't pinned."""

    def count_erasure(self, tenant: str, trace_id: str, attribute: str, scope: str) -> ErasureCounts:
        """What an erasure would remove now; either `trace_id` (hex) or `attribute` (key=value) is given."""

    def erase(self, tenant: str, who: str, trace_id: str, attribute: str, scope: str) -> ErasureState:
        """Ask for an erasure; MUST be durable when it returns."""

    def erasure(self, tenant: str, erasure_id: str) -> ErasureState:
        """How far it is; MUST say `finished` only when all is gone from the disk; raises NotFound."""

    def audit(self, tenant: str, limit: int) -> list[AuditLine]:
        """The newest lines first."""


class SamplingControl(Protocol):
    """The sampling strategies. Every method may block, from several threads at once."""

    @property
    def versions(self) -> StrategyVersions:
        """Those that were set over the API."""

    @property
    def file(self) -> WatchedFile | None:
        """The file of the settings; None when there is none."""

    def source_of(self, service: str) -> str:
        """Who says what holds for a service."""

    def answer(self, service: str) -> Answer:
        """What its clients are told; MUST NOT count as a client's question."""
