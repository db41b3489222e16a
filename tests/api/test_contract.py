import msgspec

from clew.api.contract import (
    attribute_key_list,
    attribute_value_list,
    operation_list,
    service_list,
    trace_list,
)
from clew.model.trace import AttributeKey, AttributeValue, Operation, ServiceSummary, TracePage, TraceSummary

LARGE_NS = 2**64 - 1


def test_nanoseconds_are_strings_and_names_sorted() -> None:
    """A 64-bit moment survives as text; services come by name."""
    services = [ServiceSummary("b", 1, 0, LARGE_NS, 1), ServiceSummary("a", 2, 1, 0, 2)]
    assert msgspec.to_builtins(service_list(services)) == {
        "services": [
            {"name": "a", "span_count": 2, "error_count": 1, "last_seen_unix_nano": "0", "stored_span_count": 2},
            {
                "name": "b",
                "span_count": 1,
                "error_count": 0,
                "last_seen_unix_nano": "18446744073709551615",
                "stored_span_count": 1,
            },
        ]
    }


def test_operations_are_sorted_by_name_then_kind() -> None:
    """The same name with two kinds is two operations in a fixed order."""
    operations = [
        Operation("b", "client", 1, 0, 1),
        Operation("a", "server", 1, 0, 1),
        Operation("a", "client", 1, 0, 1),
    ]
    assert [(o.name, o.kind) for o in operation_list(operations).operations] == [
        ("a", "client"),
        ("a", "server"),
        ("b", "client"),
    ]


def test_a_page_keeps_the_order_of_the_reader() -> None:
    """Traces stay newest first; a long duration stays a number."""
    newest = TraceSummary("f" * 32, "shop", "", LARGE_NS, LARGE_NS, 1, 0, ("shop",))
    page = trace_list(TracePage((newest, TraceSummary("0" * 31 + "1", "", "", 0, 0, 1, 1, ())), "next"))
    assert [trace.start_time_unix_nano for trace in page.traces] == [str(LARGE_NS), "0"]
    assert (page.traces[0].duration_ns, page.next_cursor) == (LARGE_NS, "next")


def test_attributes_are_sorted_and_values_are_not() -> None:
    """Names come by name, values in the order of the reader, which is by frequency."""
    keys = [AttributeKey("b", ("span",), ("int",)), AttributeKey("a", ("event", "link"), ("string", "bool"))]
    assert [entry.key for entry in attribute_key_list(keys).attributes] == ["a", "b"]
    values = [AttributeValue("z", "string", 9), AttributeValue("1", "int", 3)]
    assert msgspec.to_builtins(attribute_value_list(values)) == {
        "values": [{"value": "z", "kind": "string", "count": 9}, {"value": "1", "kind": "int", "count": 3}]
    }
