from decimal import Decimal

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.query.condition import Attribute, Comparison, Exists, Number, Text, Typed
from clew.query.token_lookup import MAX_TOKENS, TokenLookup
from tests.data_plane import DataPlane
from tests.store.segments import make_spans, request_of


def _put(data_plane: DataPlane, tenant: str, key: str) -> None:
    def adjust(number: int, span: Span) -> None:
        span.attributes.add(key=f"{key}.few").value.int_value = number % 10
        span.attributes.add(key=f"{key}.many").value.int_value = number
        span.attributes.add(key=f"{key}.long").value.string_value = "x" * 200
        span.events.add().attributes.add(key=f"{key}.event").value.bool_value = True

    request = request_of("s", *make_spans(MAX_TOKENS + 200, adjust), resource={f"{key}.resource": "r"})
    data_plane.put(f"traces/{tenant}", request.SerializeToString())


def test_tests_become_stored_attributes(data_plane: DataPlane, tenant: str) -> None:
    """A comparison is turned into the attributes that pass it, with how often they are there."""
    _put(data_plane, tenant, tenant)
    few = Attribute(None, f"{tenant}.few")
    over_6, equal = Comparison(few, ">", Number(Decimal(6))), Comparison(few, "=", Typed("3"))
    found = TokenLookup(data_plane.engine, tenant).find([over_6, equal])
    on_spans, nested = found[over_6].on_spans, found[over_6].nested
    assert on_spans is not None
    assert nested is not None
    assert (len(on_spans.tokens), on_spans.are_exact, on_spans.count) == (3, True, 360)
    assert nested.tokens == ()
    equal_on_spans = found[equal].on_spans
    assert equal_on_spans is not None
    assert equal_on_spans.count == 120
    assert not found[over_6].in_resources


def test_too_many_to_name_are_not_named(data_plane: DataPlane, tenant: str) -> None:
    """Beyond a bound each span is looked at instead."""
    _put(data_plane, tenant, tenant)
    many = Exists(Attribute("span", f"{tenant}.many"))
    found = TokenLookup(data_plane.engine, tenant).find([many])[many]
    assert found.on_spans is None
    assert found.nested is not None
    assert found.nested.tokens == ()


def test_long_attributes_are_looked_at_again(data_plane: DataPlane, tenant: str) -> None:
    """Of an attribute of 200 bytes the index knows only the beginning."""
    _put(data_plane, tenant, tenant)
    ends = Comparison(Attribute(None, f"{tenant}.long"), "=~", Text("y$"))
    found = TokenLookup(data_plane.engine, tenant).find([ends])[ends]
    assert found.on_spans is not None
    assert len(found.on_spans.tokens) == 1
    assert not found.on_spans.are_exact


def test_levels_are_told_apart(data_plane: DataPlane, tenant: str) -> None:
    """An attribute of events, or of the resource, is looked for there and nowhere else."""
    _put(data_plane, tenant, tenant)
    event, resource = (Exists(Attribute(level, f"{tenant}.{level}")) for level in ("event", "resource"))
    found = TokenLookup(data_plane.engine, tenant).find([event, resource])
    nested = found[event].nested
    assert nested is not None
    assert len(nested.tokens) == 1
    assert found[event].on_spans == found[resource].nested
    assert found[resource].in_resources
    assert not found[resource].in_scopes
