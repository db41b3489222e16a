"""Messages whose consumer names its producers by links, often many and in other traces; pure."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from clew.analyse.calls import Calls, SpanKey
from clew.model.duration_histogram import bucket_of
from clew.model.ids import SPAN_ID_BYTES, TRACE_ID_BYTES, halves
from clew.model.red import MINUTE_NS
from clew.model.service_graph import MESSAGING, SERVICE, EdgeFigures, EdgeKey, GraphNode
from clew.store.graph_windows import LinkingSpan, StoredSpan

_PRODUCER, _CONSUMER = 4, 5
_ASKING = (3, 4)


def link_targets(linking: Iterable[LinkingSpan]) -> list[tuple[bytes, bytes]]:
    """The (trace id, span id) that links name, without those that can be no span's, in order."""
    links = chain.from_iterable(each.links for each in linking)
    return sorted({link for link in links if (len(link[0]), len(link[1])) == (TRACE_ID_BYTES, SPAN_ID_BYTES)})


def find_linked_calls(
    linking: Sequence[LinkingSpan],
    targets: Iterable[StoredSpan],
    windows: Mapping[bytes, int],
    roots: Mapping[tuple[int, int], float],
) -> tuple[Calls, set[SpanKey]]:
    """A call for each pair of a consumer and a span it links to, or of any span and a producer it links to.

    Of several spans with the id in a link, the first by service, then by start, counts. A link to the span's own
    parent is no second call, and within a service only one from a producer to a consumer is. Also the spans whose
    links found somebody. `windows`: the minute in which each linking trace starts; `roots`: by which probability such
    a trace (in halves) was kept, where its root tells.
    """
    found: dict[tuple[bytes, bytes], StoredSpan] = {}
    for target in targets:
        key = (target.trace_id, target.span_id)
        found[key] = min(found.get(key, target), target, key=_order)
    calls: Calls = {}
    linked: set[SpanKey] = set()
    for each in linking:
        for link in each.links:
            producer = found.get(link)
            if producer is not None and _is_call(each, producer):
                linked.add(_span_key(each.span))
                if link != (each.span.trace_id, each.parent_span_id):
                    probability = each.probability or roots.get(halves(each.span.trace_id), 0.0)
                    _add(calls, windows[each.span.trace_id], probability, producer, each.span)
    return calls, linked


def _order(span: StoredSpan) -> tuple[str, int, int, int, bool]:
    return span.service, span.start_time_unix_nano, span.duration_ns, span.kind, span.is_error


def _is_call(linking: LinkingSpan, target: StoredSpan) -> bool:
    is_message = linking.span.kind == _CONSUMER or target.kind == _PRODUCER
    is_passed_on = linking.span.kind == _CONSUMER and target.kind == _PRODUCER
    return is_message and (target.service != linking.span.service or is_passed_on)


def _add(calls: Calls, window: int, probability: float, producer: StoredSpan, consumer: StoredSpan) -> None:
    key = EdgeKey(GraphNode(SERVICE, producer.service), GraphNode(SERVICE, consumer.service), MESSAGING)
    asks, answers = producer.kind in _ASKING, consumer.kind not in _ASKING
    figures = EdgeFigures(
        1,
        int(consumer.is_error or (asks and producer.is_error)),
        {bucket_of(producer.duration_ns): 1} if asks else {},
        {bucket_of(consumer.duration_ns): 1} if answers else {},
    )
    place = window, consumer.start_time_unix_nano // MINUTE_NS, key, probability
    calls.setdefault(place, EdgeFigures()).add(figures)


def _span_key(span: StoredSpan) -> SpanKey:
    span_id = int.from_bytes(span.span_id, "big")
    return *halves(span.trace_id), span_id, span.service, span.start_time_unix_nano, span.duration_ns
