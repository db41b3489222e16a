import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from clew.analyse.graph_computation import GraphComputation
from clew.model.question import Question, asking
from clew.model.red import RedQuery
from clew.model.service_graph import GraphQuery
from clew.query.search import TraceQuery
from clew.query.service_names import ServiceNames, typed_name
from clew.query.typed_value import typed_values
from clew.store.graph_windows import GraphWindows
from tests.data_plane import DataPlane, open_data_plane
from tests.store.alone import run_alone

MINUTE = 29_000_000
START_NS = MINUTE * 60_000_000_000
VALUES = {
    "5": AnyValue(int_value=5),
    "-1": AnyValue(int_value=-1),
    "true": AnyValue(bool_value=True),
    "2.5": AnyValue(double_value=2.5),
    "1800": AnyValue(string_value="1800"),
}
"""By what is shown; the last one is a text that looks like the integer 0 in hexadecimal."""


def put(data_plane: DataPlane, tenant: str) -> None:
    """A trace of one span for each of the services."""
    request = ExportTraceServiceRequest()
    for number, value in enumerate(VALUES.values(), 1):
        group = request.resource_spans.add()
        group.resource.attributes.add(key="service.name").value.CopyFrom(value)
        group.scope_spans.add().spans.add(
            trace_id=bytes([number] * 16), span_id=bytes([number] * 8), name="work", kind=2,
            start_time_unix_nano=START_NS, end_time_unix_nano=START_NS + 5,
        )  # fmt: skip  # one argument a line would say no more
    data_plane.put(f"traces/{tenant}", request.SerializeToString())


def test_a_service_is_shown_as_it_would_be_typed(data_plane: DataPlane, tenant: str) -> None:
    """In every answer: lists, summaries, windows and figures; a text that looks like a number in hex stays as it is."""
    put(data_plane, tenant)
    reader = data_plane.reader
    assert [service.name for service in reader.services(tenant)] == sorted(VALUES)
    query = TraceQuery(tenant, None, None, (), None, None, False, None, None, 20, None)
    found = reader.search_traces(query).traces
    assert {(trace.root_service, *trace.services) for trace in found} == {(name, name) for name in VALUES}
    for number, name in enumerate(VALUES, 1):
        facts = reader.windows(tenant, bytes([number] * 16)).facts()
        assert (facts.first.service, [service.name for service in facts.services]) == (name, [name])
    red = reader.red(RedQuery(tenant, None, None, (), MINUTE, MINUTE + 1, 1))
    assert [series.service for series in red] == sorted(VALUES)


@pytest.mark.parametrize("name", VALUES)
def test_a_service_is_found_by_what_is_shown(data_plane: DataPlane, tenant: str, name: str) -> None:
    """As a filter and in the search language, for operations and for figures."""
    put(data_plane, tenant)
    reader, number = data_plane.reader, list(VALUES).index(name) + 1
    for service, condition in ((name, ""), (None, f'service = "{name}"'), (None, f"root.service = {name}")):
        query = TraceQuery(
            tenant, service, None, (), None, None, False, START_NS, START_NS + 1, 20, None, condition=condition
        )
        (found,) = reader.search_traces(query).traces
        assert found.trace_id == bytes([number] * 16).hex()
        assert reader.count_matches(query, 1).trace_count == 1
    others = TraceQuery(tenant, None, None, (), None, None, False, None, None, 20, None, f"service != {name}")
    assert len(reader.search_traces(others).traces) == len(VALUES) - 1
    assert [operation.name for operation in reader.operations(tenant, name)] == ["work"]
    (series,) = reader.red(RedQuery(tenant, name, None, (), MINUTE, MINUTE + 1, 1))
    assert series.service == name


def _call(data_plane: DataPlane, tenant: str) -> None:
    request, parent = ExportTraceServiceRequest(), b""
    for number, (name, kind) in enumerate((("5", 3), ("true", 2)), 1):
        group = request.resource_spans.add()
        group.resource.attributes.add(key="service.name").value.CopyFrom(VALUES[name])
        span = group.scope_spans.add().spans.add(
            trace_id=b"g" * 16, span_id=bytes([number] * 8), parent_span_id=parent, name="work",
            start_time_unix_nano=START_NS, end_time_unix_nano=START_NS + 5,
        )  # fmt: skip  # one argument a line would say no more
        span.kind = kind  # type: ignore[assignment]  # a number is what the enumeration is
        parent = span.span_id
    data_plane.put(f"traces/{tenant}", request.SerializeToString())


def _graph(directory: Path) -> None:
    with open_data_plane(directory) as data_plane:
        _call(data_plane, "t")
        assert GraphComputation(GraphWindows(data_plane.engine)).catch_up()
        for service in (None, "5", "true"):
            edges = data_plane.reader.service_graph(GraphQuery("t", service, MINUTE, MINUTE + 1))
            assert [(edge.key.client.name, edge.key.server.name) for edge in edges] == [("5", "true")]


def test_the_service_graph_has_the_names_that_are_shown(tmp_path: Path) -> None:
    """On both sides of a call, also when it is asked for by one of them."""
    run_alone(_graph, tmp_path)  # else the graph of all that other tests have stored would be computed first


def test_usual_names_are_not_looked_up(data_plane: DataPlane, tenant: str) -> None:
    """Nothing is read for names that can only be text."""
    names, question = ServiceNames(data_plane.engine), Question("test")
    with asking(question):
        assert names.shown(tenant, ["cart", "", "1A", "deadbeef", "0A0463617274"]) == {}
        assert names.stored(tenant, "cart") == []
        assert question.steps == []
        assert names.shown(tenant, ["1800"]) == {}
    assert len(question.steps) == 1


@given(number=st.integers(-(2**63), 2**63 - 1) | st.floats() | st.booleans())
def test_any_number_can_be_typed(number: float) -> None:
    """What is shown means, when typed, the value that it is shown for."""
    if isinstance(number, bool):
        value = AnyValue(bool_value=number)
    elif isinstance(number, int):
        value = AnyValue(int_value=number)
    else:
        value = AnyValue(double_value=number)
    encoded = value.SerializeToString()
    shown = typed_name(encoded.hex().upper())
    # Of the many "not a number" there is nobody can type any but the two usual ones.
    assert math.isnan(number) if shown is None else encoded in typed_values(shown)


@pytest.mark.parametrize("name", ["", "cart", "18", "1880", "180", "18 05", "abcd", "2A00", "3A00", "10FF", "0A0161"])
def test_other_names_are_text(name: str) -> None:
    """What is no canonical number or boolean in upper-case hexadecimal."""
    assert typed_name(name) is None
