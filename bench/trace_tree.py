"""One trace of any number of spans, with its tree known: what is sent, and what every window must show of it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Span, Status

SERVICES = (
    "batch",
    "reader",
    "parser",
    "rules",
    "prices",
    "stock",
    "ledger",
    "mailer",
    "index",
    "cache",
    "auth",
    "audit",
)
_OPERATIONS = 40
_LENGTH_NS = 600_000_000_000
_DIRECT_SHARE, _FAILED_SHARE = 0.01, 0.001


@dataclass(frozen=True, slots=True)
class MadeSpan:
    """A span of the trace; ids are 16 hex digits, the root's parent is empty."""

    span_id: str
    parent_id: str
    service: str
    name: str
    start_ns: int
    duration_ns: int
    has_failed: bool


@dataclass(frozen=True)
class MadeTrace:
    """`spans[0]` is the root; the parent of each span comes before it."""

    trace_id: bytes
    spans: list[MadeSpan]
    parent: NDArray[np.int32]

    @cached_property
    def children(self) -> dict[int, list[int]]:
        """The children of each span that has some, by start, then id."""
        found: dict[int, list[int]] = {}
        for number, parent in enumerate(self.parent.tolist()):
            if parent >= 0:
                found.setdefault(parent, []).append(number)
        for siblings in found.values():
            siblings.sort(key=lambda number: (self.spans[number].start_ns, self.spans[number].span_id))
        return found

    @cached_property
    def descendants(self) -> NDArray[np.int64]:
        """How many spans are below each."""
        return self._summed_up(np.ones(len(self.spans), np.int64)) - 1

    @cached_property
    def failed_below(self) -> NDArray[np.int64]:
        """How many failed spans are below each."""
        failed = np.array([span.has_failed for span in self.spans], np.int64)
        return self._summed_up(failed) - failed

    def ancestors(self, number: int) -> list[str]:
        """The ids from the root down to the parent."""
        ids: list[str] = []
        while (number := int(self.parent[number])) >= 0:
            ids.insert(0, self.spans[number].span_id)
        return ids

    def _summed_up(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        sums, parents = values.tolist(), self.parent.tolist()
        for number in range(len(sums) - 1, 0, -1):
            sums[parents[number]] += sums[number]
        return np.array(sums, np.int64)

    def requests(self, spans_per_request: int = 500) -> Iterator[bytes]:
        """The trace as it would be exported: in order of the spans' ends."""
        order = sorted(range(len(self.spans)), key=lambda n: self.spans[n].start_ns + self.spans[n].duration_ns)
        for first in range(0, len(order), spans_per_request):
            request = ExportTraceServiceRequest()
            scopes: dict[str, ScopeSpans] = {}
            for number in order[first : first + spans_per_request]:
                span = self.spans[number]
                if span.service not in scopes:
                    scopes[span.service] = _add_service(request, span.service)
                self._add_span(scopes[span.service], span, number)
            yield request.SerializeToString()

    def _add_span(self, scope: ScopeSpans, made: MadeSpan, number: int) -> None:
        span = scope.spans.add(
            trace_id=self.trace_id,
            span_id=bytes.fromhex(made.span_id),
            parent_span_id=bytes.fromhex(made.parent_id),
            name=made.name,
            kind=Span.SPAN_KIND_INTERNAL,
            start_time_unix_nano=made.start_ns,
            end_time_unix_nano=made.start_ns + made.duration_ns,
        )
        span.attributes.add(key="item.number").value.int_value = number
        span.attributes.add(key="item.bucket").value.string_value = f"bucket-{number % 1000}"
        span.attributes.add(key="cache.hit").value.bool_value = number % 3 == 0
        if made.has_failed:
            span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="no such item"))


def make_trace(count: int, start_ns: int, seed: int = 1) -> MadeTrace:
    """A batch job: 1 % of the spans right below the root, the others below any earlier one; some 25 levels."""
    rng = random.Random(seed)
    ids = [f"{number:016x}" for number in rng.sample(range(1, 1 << 60), count)]
    parents = [-1]
    spans = [MadeSpan(ids[0], "", SERVICES[0], "nightly batch", start_ns, _LENGTH_NS, False)]
    for number in range(1, count):
        parent = 0 if rng.random() < _DIRECT_SHARE else int(number * rng.random())
        above = spans[parent]
        parents.append(parent)
        spans.append(_below(rng, ids[number], above))
    return MadeTrace(rng.randbytes(16), spans, np.array(parents, np.int32))


def _below(rng: random.Random, span_id: str, above: MadeSpan) -> MadeSpan:
    offset_ns = int(above.duration_ns * rng.random())
    length_ns = max(1000, int((above.duration_ns - offset_ns) * rng.random() * 0.5))
    service = rng.choice(SERVICES) if rng.random() < 0.3 else above.service
    name = f"{service} step {rng.randrange(_OPERATIONS)}"
    return MadeSpan(
        span_id, above.span_id, service, name, above.start_ns + offset_ns, length_ns, rng.random() < _FAILED_SHARE
    )


def _add_service(request: ExportTraceServiceRequest, service: str) -> ScopeSpans:
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.add(key="service.name").value.string_value = service
    resource_spans.resource.attributes.add(key="service.version").value.string_value = "2.1.0"
    return resource_spans.scope_spans.add()
