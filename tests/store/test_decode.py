import json
import math

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, EntityRef, KeyValue, KeyValueList

from clew.store.decode import any_value, decode_resource, decode_scope, logs_data, traces_data
from clew.store.otlp_format import VALUE_KINDS

VALUES: dict[str, list[tuple[bytes, AnyValue | None]]] = {
    "none": [(b"", AnyValue())],
    "string": [(b"", AnyValue(string_value="")), ("é\0".encode(), AnyValue(string_value="é\0"))],
    "bool": [(b"true", AnyValue(bool_value=True)), (b"false", AnyValue(bool_value=False))],
    "int": [(b"0", AnyValue(int_value=0)), (b"-9223372036854775808", AnyValue(int_value=-(2**63)))],
    "double": [(b"-0", AnyValue(double_value=-0.0)), (b"1e21", AnyValue(double_value=1e21))],
    "array": [
        (b"", AnyValue(array_value=ArrayValue())),
        (ArrayValue(values=[AnyValue(int_value=1)]).SerializeToString(), None),
    ],
    "kvlist": [(b"", AnyValue(kvlist_value=KeyValueList()))],
    "bytes": [(b"", AnyValue(bytes_value=b"")), (b"\xff\x00", AnyValue(bytes_value=b"\xff\x00"))],
}
NO_RESOURCE, NO_SCOPE = b'[[],0,[],""]', b'["","",[],0,""]'


def _span_row(span_id: int, resource: bytes = NO_RESOURCE, scope: bytes = NO_SCOPE) -> list[object]:
    ids = [b"t" * 16, span_id.to_bytes(8, "big"), b""]
    return [*ids, b"", 0, b"name", 1, 5, 10, 0, b"", *([[]] * 13), 0, 0, 0, resource, scope]


@pytest.mark.parametrize("kind", VALUE_KINDS)
def test_a_value_of_each_kind_is_read(kind: str) -> None:
    """Every kind that the store knows comes back as the value it was, empty ones and extremes too."""
    for stored, value in VALUES[kind]:
        found = any_value(kind, stored)
        assert found.WhichOneof("value") == (None if kind == "none" else f"{kind}_value")
        assert value is None or found == value
    assert any_value("array", VALUES["array"][1][0]).array_value.values[0].int_value == 1


def test_numbers_that_are_none_are_read() -> None:
    """Not-a-number and the infinities are doubles like others."""
    assert math.isnan(any_value("double", b"nan").double_value)
    assert any_value("double", b"-inf").double_value == -math.inf


def test_a_resource_is_read() -> None:
    """Attributes of all kinds, dropped count, entity references and schema URL; bytes are hexadecimal there."""
    entity = EntityRef(type="service", id_keys=["service.name"])
    nested = KeyValueList(values=[KeyValue(key="k", value=AnyValue(bool_value=True))])
    attributes = [
        ["a", "string", "x"],
        ["b", "bytes", "FF00"],
        ["c", "kvlist", nested.SerializeToString().hex().upper()],
        ["d", "none", ""],
    ]
    stored = json.dumps([attributes, 3, [entity.SerializeToString().hex()], "url"]).encode()
    resource, schema_url = decode_resource(stored)
    assert schema_url == "url"
    assert resource.dropped_attributes_count == 3
    assert list(resource.entity_refs) == [entity]
    values = {attribute.key: attribute.value for attribute in resource.attributes}
    assert list(values) == ["a", "b", "c", "d"]
    assert (values["a"].string_value, values["b"].bytes_value) == ("x", b"\xff\x00")
    assert values["c"].kvlist_value == nested
    assert values["d"] == AnyValue()


def test_a_scope_is_read() -> None:
    """Name, version, attributes, dropped count and schema URL."""
    scope, schema_url = decode_scope(json.dumps(["n", "v", [["k", "int", "5"]], 2, "url"]).encode())
    assert (scope.name, scope.version, scope.dropped_attributes_count, schema_url) == ("n", "v", 2, "url")
    assert scope.attributes[0].value.int_value == 5


def test_spans_are_grouped_in_the_order_of_their_first() -> None:
    """One group per resource, and in it one per scope; equal scopes of two resources stay apart."""
    other = b'[[["service.name","string","b"]],0,[],""]'
    scoped = b'["s","",[],0,""]'
    rows = [
        _span_row(1),
        _span_row(2, other),
        _span_row(3, other, scoped),
        _span_row(4),
        _span_row(5, NO_RESOURCE, scoped),
    ]
    data = traces_data(rows)
    shape = [
        [[span.span_id[-1] for span in scope.spans] for scope in group.scope_spans] for group in data.resource_spans
    ]
    assert shape == [[[1, 4], [5]], [[2], [3]]]


def test_reading_does_not_change_what_is_remembered() -> None:
    """A caller that changes its message doesn't change the next one with the same resource."""
    first = traces_data([_span_row(1)])
    first.resource_spans[0].resource.dropped_attributes_count = 99
    assert traces_data([_span_row(2)]).resource_spans[0].resource.dropped_attributes_count == 0


def test_no_rows_make_an_empty_message() -> None:
    """Nothing found is an empty message, for traces and logs."""
    assert not traces_data([]).resource_spans
    assert not logs_data([]).resource_logs


def test_a_span_that_ends_before_it_starts_keeps_both_times() -> None:
    """Duration is stored signed, modulo 2^64, so that any two times come back."""
    for start, end in ((5, 3), (0, 2**64 - 1), (2**64 - 1, 0)):
        row = _span_row(1)
        row[7], row[8] = start, (end - start + 2**63) % 2**64 - 2**63
        span = traces_data([row]).resource_spans[0].scope_spans[0].spans[0]
        assert (span.start_time_unix_nano, span.end_time_unix_nano) == (start, end)


def test_a_log_record_without_body_has_none() -> None:
    """A body that was never set isn't there, an empty text is."""
    row = [b"t" * 16, b"s" * 8, 1, 2, 9, b"INFO", b"", "none", b"", [], [], [], 0, 0, NO_RESOURCE, NO_SCOPE]
    (group,) = logs_data([row]).resource_logs
    assert not group.scope_logs[0].log_records[0].HasField("body")
    row[7] = "string"
    (group,) = logs_data([row]).resource_logs
    assert group.scope_logs[0].log_records[0].body.WhichOneof("value") == "string_value"
