import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span, TracesData

from clew.terminal.span_tree import CHILD, CYCLE, ORPHAN, ROOT, arrange_spans, service_name, time_range_ns
from tests.api.memory_reader import MS, START_NS, make_span, make_trace


def arranged(*spans: Span) -> list[tuple[str, int, str]]:
    """Name, depth and place of each row."""
    return [(row.span.name, row.depth, row.place) for row in arrange_spans(make_trace(1, {"s": list(spans)}))]


def test_spans_stand_below_their_parents_by_start() -> None:
    """Depth first, siblings by start, whatever the order of arrival."""
    rows = arranged(
        make_span("late", 3, 1, start_ms=20),
        make_span("inner", 4, 2, start_ms=6),
        make_span("early", 2, 1, start_ms=5),
        make_span("root", 1),
    )
    assert rows == [("root", 0, ROOT), ("early", 1, CHILD), ("inner", 2, CHILD), ("late", 1, CHILD)]


def test_the_last_of_its_siblings_is_marked() -> None:
    """The mark draws the corner of the tree."""
    spans = [make_span("root", 1), make_span("a", 2, 1, start_ms=1), make_span("b", 3, 1, start_ms=2)]
    rows = arrange_spans(make_trace(1, {"s": spans}))
    assert [row.is_last for row in rows] == [True, False, True]


def test_a_span_whose_parent_is_missing_is_an_orphan() -> None:
    """Orphans and what is below them are shown."""
    rows = arranged(make_span("root", 1), make_span("lost", 5, 99, start_ms=3), make_span("below", 6, 5, start_ms=4))
    assert rows == [("root", 0, ROOT), ("lost", 0, ORPHAN), ("below", 1, CHILD)]


def test_rings_are_cut_at_their_earliest_span() -> None:
    """Parents that go round, and a span that is its own parent, are shown once each."""
    ring = [make_span("b", 2, 3, start_ms=2), make_span("a", 3, 2, start_ms=1), make_span("tail", 4, 2, start_ms=3)]
    assert arranged(*ring) == [("a", 0, CYCLE), ("b", 1, CHILD), ("tail", 2, CHILD)]
    assert arranged(make_span("self", 1, 1)) == [("self", 0, CYCLE)]


def test_spans_with_the_same_id_are_both_shown() -> None:
    """A client and a server that share an id, as Zipkin has it: the earlier has the children."""
    rows = arranged(make_span("client", 1), make_span("server", 1, start_ms=1), make_span("child", 2, 1, start_ms=2))
    assert rows == [("client", 0, ROOT), ("child", 1, CHILD), ("server", 0, ROOT)]


def test_depth_has_no_limit() -> None:
    """A chain of 20,000 spans is arranged without recursion."""
    rows = arranged(*(make_span(str(i), i + 1, i, start_ms=i) for i in range(20_000)))
    assert rows[-1] == ("19999", 19_999, CHILD)


def test_services_and_time_range() -> None:
    """The service is that of the resource; the range spans all spans, even one that ends before it starts."""
    backwards = make_span("b", 2, start_ms=50, length_ms=-20)
    trace = make_trace(1, {"shop": [make_span("a", 1, length_ms=10)], "cart": [backwards]})
    rows = arrange_spans(trace)
    assert [row.service for row in rows] == ["shop", "cart"]
    assert time_range_ns(row.span for row in rows) == (START_NS, START_NS + 50 * MS)
    assert time_range_ns([]) == (0, 0)
    assert service_name(TracesData().resource_spans.add()) == ""
    assert arrange_spans(TracesData()) == []


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (AnyValue(string_value="cart"), "cart"),
        (AnyValue(int_value=5), "5"),
        (AnyValue(bool_value=True), "true"),
        (AnyValue(double_value=2.5), "2.5"),
        pytest.param(AnyValue(bytes_value=b"x"), "", id="bytes"),
        pytest.param(AnyValue(), "", id="nothing"),
    ],
)
def test_a_service_has_the_name_that_one_would_type(value: AnyValue, shown: str) -> None:
    """Also when it is a number or a boolean."""
    block = ResourceSpans()
    assert service_name(block) == ""
    block.resource.attributes.add(key="service.name").value.CopyFrom(value)
    assert service_name(block) == shown
