"""The spans of a trace in the order in which a person reads them: each below its parent, siblings by start."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span, TracesData

ROOT, CHILD, ORPHAN, CYCLE = "root", "child", "orphan", "cycle"


@dataclass(frozen=True, slots=True)
class SpanRow:
    """A span with its place in the tree.

    `place` is ROOT (no parent), CHILD, ORPHAN (its parent isn't in the trace) or CYCLE (its parents go round; the
    earliest span of the ring stands for a root). `is_last` says whether it is the last of its siblings.
    """

    span: Span
    service: str
    depth: int
    place: str
    is_last: bool


def arrange_spans(trace: TracesData) -> list[SpanRow]:
    """Every span exactly once, whatever ids and parents say; no recursion, so depth has no limit."""
    spans = list(_spans_with_service(trace))
    order = sorted(range(len(spans)), key=lambda index: (spans[index][0].start_time_unix_nano, index))
    return _Arrangement(spans, order).rows()


class _Arrangement:
    def __init__(self, spans: list[tuple[Span, str]], order: list[int]) -> None:
        self._spans = spans
        self._order = order
        self._children: dict[bytes, list[int]] = {}
        for index in order:
            self._children.setdefault(spans[index][0].parent_span_id, []).append(index)
        self._known = {span.span_id for span, _ in spans}
        # Ids may come twice (Zipkin's client and server share one): the first by time has the children.
        self._placed: set[int] = set()
        self._opened: set[bytes] = set()

    def rows(self) -> list[SpanRow]:
        rows: list[SpanRow] = []
        for index in self._order:
            parent = self._spans[index][0].parent_span_id
            if parent not in self._known:
                rows.extend(self._below(index, ORPHAN if parent else ROOT))
        for index in self._order:
            if index not in self._placed:
                rows.extend(self._below(index, CYCLE))
        return rows

    def _below(self, top: int, place: str) -> Iterator[SpanRow]:
        waiting = [(top, 0, place, True)]
        while waiting:
            index, depth, place, is_last = waiting.pop()
            if index in self._placed:
                continue
            self._placed.add(index)
            span, service = self._spans[index]
            yield SpanRow(span, service, depth, place, is_last)
            children = self._take_children(span.span_id)
            waiting.extend(
                (child, depth + 1, CHILD, position == len(children) - 1)
                for position, child in reversed(list(enumerate(children)))
            )

    def _take_children(self, span_id: bytes) -> list[int]:
        if span_id in self._opened:
            return []
        self._opened.add(span_id)
        return [child for child in self._children.get(span_id, []) if child not in self._placed]


def _spans_with_service(trace: TracesData) -> Iterator[tuple[Span, str]]:
    for block in trace.resource_spans:
        service = service_name(block)
        for scope_spans in block.scope_spans:
            for span in scope_spans.spans:
                yield span, service


def service_name(block: ResourceSpans) -> str:
    """The `service.name` of a resource, a number or a boolean as one would type it; empty when it has none."""
    value = next((a.value for a in block.resource.attributes if a.key == "service.name"), AnyValue())
    kind = value.WhichOneof("value")
    if kind in ("bool_value", "int_value", "double_value"):
        return str(getattr(value, kind)).lower()
    return value.string_value


def time_range_ns(spans: Iterable[Span]) -> tuple[int, int]:
    """Start and end (Unix ns) of all spans together; (0, 0) for none. A span may end before it starts."""
    starts_and_ends = [(span.start_time_unix_nano, span.end_time_unix_nano) for span in spans]
    if not starts_and_ends:
        return 0, 0
    start = min(start for start, _ in starts_and_ends)
    return start, max(max(pair) for pair in starts_and_ends)
