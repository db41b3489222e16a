import json

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, EntityRef, KeyValue, KeyValueList

from clew.store.decode import decode_resource, decode_scope, logs_data, traces_data

VALUES = [
    AnyValue(),
    AnyValue(string_value=""),
    AnyValue(string_value="é\0"),
    AnyValue(string_value="x" * 20_000),
    AnyValue(bool_value=False),
    AnyValue(int_value=-(2**63)),
    AnyValue(double_value=-0.0),
    AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=1)])),
    AnyValue(kvlist_value=KeyValueList()),
    AnyValue(bytes_value=b"\xff\x00"),
]
NO_RESOURCE, NO_SCOPE = b'[[],0,[],""]', b'["","",[],0,""]'


def _span_row(span_id: int, resource: bytes = NO_RESOURCE, scope: bytes = NO_SCOPE) -> list[object]:
    ids = [b"t" * 16, span_id.to_bytes(8, "big"), b""]
    return [*ids, b"", 0, b"name", 1, 5, 10, 0, b"", *([[]] * 11), 0, 0, 0, resource, scope]


def _encoded(key: str, value: AnyValue) -> bytes:
    return KeyValue(key=key, value=value).SerializeToString()


def test_attributes_are_read_at_every_place() -> None:
    """A span, an event and a link get theirs back, in order, of every kind, empty and long ones too."""
    attributes = [_encoded(f"key-{number}", value) for number, value in enumerate(VALUES)]
    row = _span_row(1)
    row[11] = attributes
    row[12:16] = [[5], [b"event"], [attributes], [0]]
    row[16:22] = [[b"t" * 16], [b"s" * 8], [b""], [attributes], [0], [0]]
    span = traces_data([row]).resource_spans[0].scope_spans[0].spans[0]
    for place in (span, span.events[0], span.links[0]):
        assert [attribute.key for attribute in place.attributes] == [f"key-{n}" for n in range(len(VALUES))]
        assert [attribute.value for attribute in place.attributes] == VALUES
        assert [a.value.WhichOneof("value") for a in place.attributes] == [v.WhichOneof("value") for v in VALUES]


def test_a_resource_is_read() -> None:
    """Attributes of all kinds, dropped count, entity references and schema URL; bytes are hexadecimal there."""
    entity = EntityRef(type="service", id_keys=["service.name"])
    attributes = [_encoded(f"key-{number}", value).hex().upper() for number, value in enumerate(VALUES)]
    stored = json.dumps([attributes, 3, [entity.SerializeToString().hex()], "url"]).encode()
    resource, schema_url = decode_resource(stored)
    assert schema_url == "url"
    assert resource.dropped_attributes_count == 3
    assert list(resource.entity_refs) == [entity]
    assert [attribute.value for attribute in resource.attributes] == VALUES


def test_a_scope_is_read() -> None:
    """Name, version, attributes, dropped count and schema URL."""
    scope, schema_url = decode_scope(
        json.dumps(["n", "v", [_encoded("k", AnyValue(int_value=5)).hex()], 2, "url"]).encode()
    )
    assert (scope.name, scope.version, scope.dropped_attributes_count, schema_url) == ("n", "v", 2, "url")
    assert scope.attributes[0].value.int_value == 5


def test_spans_are_grouped_in_the_order_of_their_first() -> None:
    """One group per resource, and in it one per scope; equal scopes of two resources stay apart."""
    other = b'[["0A0161"],0,[],""]'
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
    row = [b"t" * 16, b"s" * 8, 1, 2, 9, b"INFO", b"", b"", [], 0, 0, NO_RESOURCE, NO_SCOPE]
    (group,) = logs_data([row]).resource_logs
    assert not group.scope_logs[0].log_records[0].HasField("body")
    row[7] = AnyValue(string_value="").SerializeToString()
    (group,) = logs_data([row]).resource_logs
    assert group.scope_logs[0].log_records[0].body.WhichOneof("value") == "string_value"
