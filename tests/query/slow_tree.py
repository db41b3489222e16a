"""The tree of a trace in plain Python, span by span: slow, and simple enough to be believed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from clew.store.span_columns import SpanColumns

SERVICES = (b"cart", b"orders", b"web")
NAMES = (b"GET", b"POST", b"charge")


@dataclass(frozen=True, slots=True)
class SlowSpan:
    """What the narrow columns say of one span; ids are numbers, a parent of 0 is none."""

    span_id: int
    parent_id: int = 0
    start_ns: int = 0
    duration_ns: int = 1
    kind: int = 1
    status: int = 0
    service: int = 0
    name: int = 0


@dataclass(slots=True)
class SlowNode:
    """A span with its place in the tree."""

    span: SlowSpan
    parent: "SlowNode | None" = None
    children: list["SlowNode"] = field(default_factory=list)
    place: str = "child"
    twin: int = 0

    def ancestors(self) -> list["SlowNode"]:
        """From the parent to the root."""
        return [] if self.parent is None else [self.parent, *self.parent.ancestors()]

    def below(self) -> list["SlowNode"]:
        """All descendants in drawing order."""
        return [node for child in self.children for node in (child, *child.below())]


def columns_of(spans: Sequence[SlowSpan]) -> SpanColumns:
    """The spans as the store would give them."""
    return SpanColumns(
        span_id=np.array([s.span_id for s in spans], np.uint64),
        parent_span_id=np.array([s.parent_id for s in spans], np.uint64),
        start_time_unix_nano=np.array([s.start_ns for s in spans], np.uint64),
        duration_ns=np.array([s.duration_ns for s in spans], np.int64),
        kind=np.array([s.kind for s in spans], np.int32),
        status_code=np.array([s.status for s in spans], np.uint8),
        service=np.array([s.service for s in spans], np.int32),
        name=np.array([s.name for s in spans], np.int32),
        services=SERVICES,
        names=NAMES,
    )


def slow_tree(spans: Sequence[SlowSpan]) -> list[SlowNode]:
    """All spans in drawing order."""
    nodes = [SlowNode(span) for span in sorted(spans, key=_order)]
    by_id: dict[int, list[SlowNode]] = {}
    for node in nodes:
        twins = by_id.setdefault(node.span.span_id, [])
        node.twin = len(twins)
        twins.append(node)
    for node in nodes:
        node.parent = _parent(node, by_id)
    for node in nodes:
        _cut_if_first_of_ring(node, nodes)
    for node in nodes:
        if node.parent is not None:
            node.parent.children.append(node)
        elif node.place != "cycle":
            node.place = "orphan" if node.span.parent_id else "root"
    return [each for node in nodes if node.parent is None for each in (node, *node.below())]


def _order(span: SlowSpan) -> tuple[int, ...]:
    tie = (span.duration_ns, span.kind, span.status, span.parent_id, span.service, span.name)
    return (span.start_ns, span.span_id, *tie)


def _parent(node: SlowNode, by_id: dict[int, list[SlowNode]]) -> SlowNode | None:
    if node.span.kind == 2:
        for twin in by_id[node.span.span_id]:
            if twin.span.kind == 3:
                return twin
    candidates = by_id.get(node.span.parent_id, []) if node.span.parent_id else []
    for candidate in candidates:
        if candidate is not node and candidate.span.service == node.span.service:
            return candidate
    return candidates[0] if candidates else None


def _cut_if_first_of_ring(node: SlowNode, nodes: list[SlowNode]) -> None:
    ring, above = [node], node.parent
    while above is not None and above is not node:
        ring.append(above)
        if len(ring) > len(nodes):
            return  # the path leads into a ring that this node isn't on
        above = above.parent
    # Nodes are asked in their order, so that the first one asked of a ring is its earliest.
    if above is node:
        node.parent, node.place = None, "cycle"


@st.composite
def slow_spans(draw: st.DrawFn) -> list[SlowSpan]:
    """Few ids and few moments, so that twins, ties, orphans and circles are many."""
    ids = st.integers(1, draw(st.integers(1, 14)))
    span = st.builds(
        SlowSpan,
        span_id=ids,
        parent_id=st.just(0) | ids | st.integers(1, 20),
        start_ns=st.integers(0, 6) | st.just(2**64 - 1),
        duration_ns=st.integers(-3, 12),
        kind=st.integers(0, 3),
        status=st.sampled_from([0, 0, 1, 2]),
        service=st.integers(0, 2),
        name=st.integers(0, 2),
    )
    return draw(st.lists(span, min_size=1, max_size=24))
