import random
import re

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.errors import BadQuery
from clew.query.plan import OriginLevels, Plan, plan_search
from clew.query.search import TraceQuery
from tests.data_plane import DataPlane, new_tenant

MINUTE_NS = 60_000_000_000


def _query(**filters: object) -> TraceQuery:
    empty: dict[str, object] = {
        "tenant": "t", "service": None, "operation": None, "attributes": (), "min_duration_ns": None,
        "max_duration_ns": None, "error_only": False, "start_ns": None, "end_ns": None, "limit": 20, "cursor": None,
    }  # fmt: skip  # one item a line would say no more
    return TraceQuery(**(empty | filters))  # type: ignore[arg-type]  # each test names the filters it means


def _nowhere(_key: str, _forms: list[str]) -> OriginLevels:
    return False, False


def _closing(sql: str, start: int) -> int:
    """Where the parenthesis around `start` closes."""
    depth = 0
    for place in range(start, len(sql)):
        depth += {"(": 1, ")": -1}.get(sql[place], 0)
        if depth < 0:
            return place
    raise AssertionError("no parenthesis closes")


def _granules(data_plane: DataPlane, plan: Plan, table: str, index: str) -> tuple[int, int]:
    """How many granules of the table the plan keeps by the index, of how many."""
    start = plan.sql.index(f"SELECT trace_id\n    FROM clew.{table}")
    subquery = plan.sql[start : _closing(plan.sql, start)]
    rows = data_plane.engine.read(f"EXPLAIN indexes = 1 {subquery}", plan.parameters)
    lines = [line.decode(errors="replace").strip() for (line,) in rows]
    behind = lines[lines.index(index) :]
    kept, of = next(line for line in behind if line.startswith("Granules:")).removeprefix("Granules:").split("/")
    return int(kept), int(of)


@pytest.fixture(scope="module")
def large_tenant(data_plane: DataPlane) -> str:
    """50,000 spans, one a minute, each with its number; one in 5,000 also on an event, two with a long text."""
    tenant = new_tenant()
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for number in range(50_000):
        span = spans.add(
            trace_id=random.randbytes(16), span_id=b"s" * 8, name="n", start_time_unix_nano=number * MINUTE_NS
        )
        span.attributes.add(key="number").value.int_value = number
        if number % 5_000 == 0:
            span.events.add().attributes.add(key="in.event").value.int_value = number
        if number in (30_000, 30_001):
            span.links.add().attributes.add(key="long").value.string_value = "é" * 200 + str(number)
    data_plane.put(f"traces/{tenant}", request.SerializeToString())
    return tenant


FEW = 3
COMBINED = "Name: <Combined skip indexes>"


@pytest.mark.parametrize(
    ("key", "value"), [("number", "30000"), ("number", "3e4"), ("in.event", "30000"), ("long", "é" * 200 + "30000")]
)
def test_an_attribute_is_found_by_its_index(data_plane: DataPlane, large_tenant: str, key: str, value: str) -> None:
    """Where no resource and no scope has the attribute, both text indexes are asked and few granules are left."""
    plan = plan_search(_query(tenant=large_tenant, attributes=((key, value),)), _nowhere)
    for index in ("Name: by_attribute", "Name: by_nested_attribute"):
        assert _granules(data_plane, plan, "spans", index)
    kept, of = _granules(data_plane, plan, "spans", COMBINED)
    assert kept <= FEW < of / 2
    assert len(data_plane.engine.read(plan.sql, plan.parameters)) == 1


def test_two_attributes_are_found_by_their_index(data_plane: DataPlane, large_tenant: str) -> None:
    """Two attributes of one span narrow the search together."""
    attributes = (("number", "30000"), ("in.event", "30000"))
    plan = plan_search(_query(tenant=large_tenant, attributes=attributes, service=""), _nowhere)
    kept, of = _granules(data_plane, plan, "spans", COMBINED)
    assert kept <= FEW < of / 2
    assert len(data_plane.engine.read(plan.sql, plan.parameters)) == 1


def test_an_attribute_nobody_has_reads_nothing(data_plane: DataPlane, large_tenant: str) -> None:
    """The index alone tells that nothing matches."""
    plan = plan_search(_query(tenant=large_tenant, attributes=(("number", "nobody's"),)), _nowhere)
    assert data_plane.engine.read(plan.sql, plan.parameters) == []


def test_a_start_skips_what_is_older(data_plane: DataPlane, large_tenant: str) -> None:
    """The sort keys leave out spans of earlier minutes and traces of earlier and later hours."""
    start, end = 45_000 * MINUTE_NS, 45_060 * MINUTE_NS
    plan = plan_search(_query(tenant=large_tenant, start_ns=start, end_ns=end, operation="n"), _nowhere)
    kept, of = _granules(data_plane, plan, "spans", "PrimaryKey")
    assert kept <= of / 2
    kept, of = _granules(data_plane, plan, "traces", "PrimaryKey")
    assert kept <= of / 2
    assert len(data_plane.engine.read(plan.sql, plan.parameters)) == 21


def test_every_placeholder_has_its_parameter() -> None:
    """A plan with every filter leaves no mark unreplaced and no placeholder without a value."""
    query = _query(
        service="s", operation="o", attributes=(("a", "1"), ("b", "true")), min_duration_ns=1, max_duration_ns=2,
        error_only=True, start_ns=3, end_ns=4, limit=5,
    )  # fmt: skip  # one item a line would say no more
    plan = plan_search(query, lambda _key, _forms: (True, True))
    assert "/*" not in plan.sql
    assert set(re.findall(r"\{(\w+):", plan.sql)) == set(plan.parameters)
    assert plan.parameters["limit"] == 6


def test_a_plan_without_filters_asks_no_spans() -> None:
    """All traces of a tenant come from the summaries alone."""
    plan = plan_search(_query(), _nowhere)
    assert "clew.spans" not in plan.sql
    assert " IN\n" not in plan.sql


def test_what_a_user_types_is_only_in_the_parameters() -> None:
    """No text of a filter gets into the statement."""
    plan = plan_search(_query(service="EVIL", operation="EVIL", attributes=(("EVIL", "EVIL"),)), _nowhere)
    assert "EVIL" not in plan.sql


def test_origins_are_asked_only_where_one_has_the_attribute() -> None:
    """Resource and scope are compared when, and only when, some origin has the attribute."""
    query = _query(attributes=(("a", "1"),))
    for in_resource in (False, True):
        for in_scope in (False, True):
            sql = plan_search(query, lambda _key, _forms, levels=(in_resource, in_scope): levels).sql  # type: ignore[misc]  # a default argument binds the loop's values
            assert ("OR resource IN" in sql, "OR scope IN" in sql) == (in_resource, in_scope)


def test_a_bad_cursor_is_a_bad_query() -> None:
    """The plan is where a cursor is read."""
    with pytest.raises(BadQuery, match="cursor"):
        plan_search(_query(cursor="nonsense"), _nowhere)
