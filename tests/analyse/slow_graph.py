"""The service graph by its definition, span by span: slow, plain, and the judge of the fast one."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clew.model.duration_histogram import bucket_of
from clew.model.service_graph import EdgeFigures, EdgeKey, GraphNode

MINUTE_NS = 60_000_000_000
Rates = tuple[float, float, int]
SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5


@dataclass(frozen=True, order=True)
class SlowSpan:
    """A span; `peer` is the (type, name) that its attributes name; `number` tells copies of one span apart.

    `probability` is the one by which it says it was kept; 0: it doesn't.
    """

    trace_id: bytes
    span_id: bytes
    service: str
    start: int
    duration: int
    kind: int
    parent: bytes
    is_error: bool
    peer: tuple[str, str] | None
    links: tuple[tuple[bytes, bytes], ...]
    number: int
    probability: float = 0.0


def slow_graph(spans: Iterable[SlowSpan]) -> dict[int, dict[EdgeKey, EdgeFigures]]:
    """The edges by the minute of the call."""
    graph = _Graph(spans)
    for span in graph.spans:
        graph.judge(span)
    return {minute: dict(edges) for minute, edges in graph.edges.items()}


class _Graph:
    def __init__(self, spans: Iterable[SlowSpan]) -> None:
        self.spans = sorted(spans, key=lambda span: (span.service, span.start, span.duration, span.kind, span.number))
        self.by_id: dict[tuple[bytes, bytes], list[SlowSpan]] = defaultdict(list)
        for span in self.spans:
            self.by_id[span.trace_id, span.span_id].append(span)
        self.answered: set[tuple[bytes, bytes, str]] = set()
        for span in self.spans:
            parent = self.parent_of(span)
            if parent is not None and (crosses(parent, span) or span.kind in (CLIENT, PRODUCER)):
                self.answered.add((parent.trace_id, parent.span_id, parent.service))
        self.roots = root_probabilities(self.spans)
        self.edges: dict[int, dict[EdgeKey, EdgeFigures]] = defaultdict(lambda: defaultdict(EdgeFigures))

    def parent_of(self, span: SlowSpan) -> SlowSpan | None:
        if span.parent in (b"", bytes(8), span.span_id):
            return None
        found = self.by_id.get((span.trace_id, span.parent), [])
        own = [each for each in found if each.service == span.service]
        return next(iter(own or found), None)

    def judge(self, span: SlowSpan) -> None:
        parent = self.parent_of(span)
        producers = self.producers_of(span)
        if parent is not None and crosses(parent, span):
            self.add(EdgeKey(service(parent), service(span), call_kind(parent, span)), parent, span)
        for producer in producers:
            if (producer.trace_id, producer.span_id) != (span.trace_id, span.parent):
                self.add(EdgeKey(service(producer), service(span), "messaging"), producer, span)
        if span.peer is None:
            return
        node = GraphNode(*span.peer)
        if span.kind in (CLIENT, PRODUCER) and not self.is_answered(span):
            kind = {"database": "database", "queue": "messaging", "external": "call"}[node.type]
            self.add(EdgeKey(service(span), node, kind), span, None)
        is_first = parent is None or (not crosses(parent, span) and parent.kind != CONSUMER)
        if span.kind == CONSUMER and node.type == "queue" and not producers and is_first:
            self.add(EdgeKey(node, service(span), "messaging"), None, span)

    def producers_of(self, span: SlowSpan) -> list[SlowSpan]:
        targets = [self.by_id[link][0] for link in sorted(set(span.links)) if link in self.by_id]
        return [
            target
            for target in targets
            if (span.kind == CONSUMER or target.kind == PRODUCER)
            and (target.service != span.service or (span.kind == CONSUMER and target.kind == PRODUCER))
        ]

    def is_answered(self, span: SlowSpan) -> bool:
        return (span.trace_id, span.span_id, span.service) in self.answered

    def add(self, key: EdgeKey, asks: SlowSpan | None, answers: SlowSpan | None) -> None:
        at = answers or asks
        assert at is not None
        asks = asks if asks is not None and asks.kind in (CLIENT, PRODUCER) else None
        failed = [each for each in (asks, answers) if each is not None and each.is_error]
        if answers is not None and answers.kind in (CLIENT, PRODUCER):
            answers = None
        figures = EdgeFigures(1, int(bool(failed)), histogram(asks), histogram(answers))
        probability = at.probability or self.roots[at.trace_id]
        self.edges[at.start // MINUTE_NS][key].add(figures, weight(probability))


def root_probabilities(spans: Iterable[SlowSpan]) -> dict[bytes, float]:
    """By which probability the root of each trace says that it was kept; of several roots, the largest."""
    roots: dict[bytes, float] = defaultdict(float)
    for span in spans:
        if span.parent in (b"", bytes(8)):
            roots[span.trace_id] = max(roots[span.trace_id], span.probability)
    return roots


def slow_rates(spans: Iterable[SlowSpan], all_spans: Iterable[SlowSpan]) -> dict[tuple[str, int], Rates]:
    """By service and minute: spans and errors by weight, and spans as stored; roots are looked for in all spans."""
    roots = root_probabilities(all_spans)
    rates: dict[tuple[str, int], Rates] = defaultdict(lambda: (0, 0, 0))
    for span in spans:
        each = weight(span.probability or roots[span.trace_id])
        count, errors, stored = rates[span.service, span.start // MINUTE_NS]
        rates[span.service, span.start // MINUTE_NS] = count + each, errors + each * span.is_error, stored + 1
    return dict(rates)


def weight(probability: float) -> float:
    """For how many a span stands that was kept by this probability; one that is unknown, for itself."""
    return 1 / probability if probability else 1


def crosses(parent: SlowSpan, span: SlowSpan) -> bool:
    """Whether the pair is a call."""
    return parent.service != span.service or (span.kind in (SERVER, CONSUMER) and parent.kind in (CLIENT, PRODUCER))


def call_kind(parent: SlowSpan, span: SlowSpan) -> str:
    """Whether the call is a message."""
    return "messaging" if span.kind == CONSUMER or parent.kind == PRODUCER else "call"


def service(span: SlowSpan) -> GraphNode:
    """The node of the span's service."""
    return GraphNode("service", span.service)


def histogram(span: SlowSpan | None) -> dict[int, float]:
    """The histogram of one duration."""
    return {} if span is None else {bucket_of(span.duration): 1}


def added_up(
    graph: dict[int, dict[EdgeKey, EdgeFigures]], minutes: Sequence[int] | range
) -> dict[EdgeKey, EdgeFigures]:
    """The edges of some minutes together."""
    total: dict[EdgeKey, EdgeFigures] = defaultdict(EdgeFigures)
    for minute, edges in graph.items():
        for key, figures in edges.items():
            if minute in minutes:
                total[key].add(figures)
    return dict(total)
