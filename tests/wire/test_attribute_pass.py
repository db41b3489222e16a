import re
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from clew.wire.attribute_pass import AttributePass, Changes
from clew.wire.attribute_rules import PLACES, SECRET_BYTES, AttributeRule, Replacement, ready_rules
from clew.wire.otlp_check import check_logs, check_traces
from clew.wire.otlp_pieces import PIECE_BYTES
from tests.otlp_requests import trace_requests

REPLACEMENT = Replacement(b"s" * SECRET_BYTES)


def _pass(*rules: AttributeRule) -> AttributePass:
    return AttributePass(ready_rules(rules), REPLACEMENT)


def _text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def _request(value: str, key: str = "secret", service: str = "shop") -> ExportTraceServiceRequest:
    """The same attribute in each place where a span's request has one."""
    request = ExportTraceServiceRequest()
    outer = request.resource_spans.add(
        resource=Resource(attributes=[_text("service.name", service), _text(key, value)])
    )
    inner = outer.scope_spans.add()
    inner.scope.attributes.append(_text(key, value))
    span = inner.spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, name="step", attributes=[_text(key, value)])
    span.events.add(name="event", attributes=[_text(key, value)])
    span.links.add(trace_id=b"u" * 16, span_id=b"v" * 8, attributes=[_text(key, value)])
    return request


def _attributes(request: ExportTraceServiceRequest) -> dict[str, Any]:
    outer = request.resource_spans[0]
    inner = outer.scope_spans[0]
    span = inner.spans[0]
    return {
        "resource": outer.resource.attributes,
        "scope": inner.scope.attributes,
        "span": span.attributes,
        "event": span.events[0].attributes,
        "link": span.links[0].attributes,
    }


def _values(request: ExportTraceServiceRequest, key: str = "secret") -> dict[str, str | None]:
    return {
        place: next((each.value.string_value for each in attributes if each.key == key), None)
        for place, attributes in _attributes(request).items()
    }


def _applied(request: ExportTraceServiceRequest, *rules: AttributeRule) -> ExportTraceServiceRequest:
    changed = _pass(*rules).apply("traces", request.SerializeToString(), Changes())
    return ExportTraceServiceRequest.FromString(changed)


@pytest.mark.parametrize("place", ["resource", "scope", "span", "event", "link"])
def test_a_rule_changes_its_places_only(place: Any) -> None:
    """A rule for one place leaves the same key alone everywhere else."""
    found = _values(_applied(_request("x"), AttributeRule("mask", key="secret", places=(place,))))
    assert {name for name, value in found.items() if value == "***"} == {place}
    assert {value for name, value in found.items() if name != place} == {"x"}


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        (AttributeRule("drop", key="secret"), "x", None),
        (AttributeRule("mask", key="sec*"), "x", "***"),
        (AttributeRule("hash", key="secret"), "x", REPLACEMENT.hash(b"x")),
        (AttributeRule("mask", pattern="email"), "to a@b.com!", "to ***!"),
        (AttributeRule("hash", pattern="email"), "to a@b.com!", f"to {REPLACEMENT.hash(b'a@b.com')}!"),
        (AttributeRule("drop", pattern="email"), "to a@b.com!", None),
        (AttributeRule("mask", key="secret", regex="[0-9]{2}"), "1234 5", "****** 5"),
        (AttributeRule("mask", key="other", pattern="email"), "a@b.com", "a@b.com"),
        (AttributeRule("drop", pattern="email"), "nobody", "nobody"),
    ],
)
def test_each_action_does_what_it_says_in_every_place(rule: AttributeRule, before: str, after: str | None) -> None:
    """Dropped, masked, hashed: the whole value, or the parts that a pattern finds."""
    assert _values(_applied(_request(before), rule)) == dict.fromkeys(_values(_request(before)), after)


def test_rules_are_carried_out_in_their_order() -> None:
    """A later rule sees what an earlier one left."""
    rules = (AttributeRule("mask", name="a", pattern="email"), AttributeRule("hash", name="b", key="secret"))
    assert set(_values(_applied(_request("a@b.com"), *rules)).values()) == {REPLACEMENT.hash(b"***")}


def test_only_the_services_of_a_rule_are_changed() -> None:
    """The resource's service.name decides, also for its spans."""
    request = _request("x", service="shop-web")
    request.MergeFrom(_request("x", service="bank"))
    changed = _applied(request, AttributeRule("mask", key="secret", services=("shop-*",)))
    bank = ExportTraceServiceRequest(resource_spans=[changed.resource_spans[1]])
    assert (set(_values(changed).values()), set(_values(bank).values())) == ({"***"}, {"x"})


def test_values_of_other_types_are_changed_too() -> None:
    """A number that is a card is masked, a number is hashed as its text, and bytes have a hash as well."""
    request = _request("x")
    attributes = request.resource_spans[0].scope_spans[0].spans[0].attributes
    attributes.append(KeyValue(key="card", value=AnyValue(int_value=4111111111111111)))
    attributes.append(KeyValue(key="id", value=AnyValue(int_value=7)))
    attributes.append(KeyValue(key="id.raw", value=AnyValue(bytes_value=b"7")))
    rules = AttributeRule("mask", name="a", pattern="card"), AttributeRule("hash", name="b", key="id*")
    found = {each.key: each.value for each in _attributes(_applied(request, *rules))["span"]}
    assert found["card"].string_value == "***"
    assert found["id"].string_value == REPLACEMENT.hash(b"7")
    assert found["id.raw"].string_value.startswith("hash:")


def test_what_is_inside_of_lists_and_maps_is_found() -> None:
    """Patterns are looked for at any depth, and keys of maps are keys."""
    inner = AnyValue()
    inner.kvlist_value.values.append(_text("password", "pw"))
    inner.kvlist_value.values.append(_text("mail", "a@b.com"))
    nested = AnyValue()
    nested.array_value.values.extend([inner, AnyValue(string_value="c@d.com")])
    request = _request("x")
    request.resource_spans[0].scope_spans[0].spans[0].attributes.append(KeyValue(key="nested", value=nested))
    rules = AttributeRule("drop", name="a", key="password"), AttributeRule("mask", name="b", pattern="email")
    value = _attributes(_applied(request, *rules))["span"][1].value.array_value.values
    assert [each.key for each in value[0].kvlist_value.values] == ["mail"]
    assert (value[0].kvlist_value.values[0].value.string_value, value[1].string_value) == ("***", "***")


def test_texts_beside_attributes_are_searched_by_rules_without_a_key() -> None:
    """Names, status messages and bodies are masked by a pattern, and never touched by a rule that has a key."""
    request = _request("x")
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.name, span.status.message, span.events[0].name = "mail a@b.com", "no a@b.com", "sent a@b.com"
    changed = _applied(request, AttributeRule("mask", pattern="email")).resource_spans[0].scope_spans[0].spans[0]
    assert (changed.name, changed.status.message, changed.events[0].name) == ("mail ***", "no ***", "sent ***")
    assert _applied(request, AttributeRule("mask", key="*", pattern="email", places=("span",))) == request


def test_log_records_are_changed() -> None:
    """Attributes, bodies of text, keys in bodies that are maps, and names of events."""
    request = ExportLogsServiceRequest()
    records = request.resource_logs.add().scope_logs.add().log_records
    records.add(attributes=[_text("password", "pw")], event_name="to c@d.com").body.string_value = "from a@b.com"
    records.add().body.kvlist_value.values.extend([_text("password", "pw"), _text("who", "a@b.com")])
    rules = AttributeRule("mask", name="a", pattern="email"), AttributeRule("drop", name="b", key="password")
    changes = Changes()
    changed = ExportLogsServiceRequest.FromString(_pass(*rules).apply("logs", request.SerializeToString(), changes))
    first, second = changed.resource_logs[0].scope_logs[0].log_records
    assert (first.body.string_value, first.event_name, len(first.attributes)) == ("from ***", "to ***", 0)
    assert list(second.body.kvlist_value.values) == [_text("who", "***")]
    assert changes.counts == {"a": 3, "b": 2}


def test_changes_are_counted_by_rule_with_the_first_as_examples() -> None:
    """As many examples as were asked for, each with its place and what it was."""
    changes = Changes(wanted_examples=2)
    _pass(AttributeRule("mask", name="m", key="secret")).apply("traces", _request("x").SerializeToString(), changes)
    assert changes.counts == {"m": 5}
    assert [(each.place, each.key, each.before, each.after) for each in changes.examples] == [
        ("resource", "secret", "x", "***"),
        ("scope", "secret", "x", "***"),
    ]


@given(request=trace_requests(), keys=st.sets(st.text(max_size=2), max_size=3))
@settings(max_examples=100, deadline=None)
def test_what_no_rule_names_stays_as_it_is(request: ExportTraceServiceRequest, keys: set[str]) -> None:
    """For any request and any keys to drop, the result is the request without these keys, field by field."""
    payload = check_traces(request.SerializeToString()).payload
    rules = [AttributeRule("drop", key_regex=re.escape(key)) for key in sorted(keys)]
    changes = Changes()
    changed = _pass(*rules).apply("traces", payload, changes) if rules else payload
    expected = ExportTraceServiceRequest.FromString(payload)
    _drop(expected, keys)
    assert ExportTraceServiceRequest.FromString(changed) == expected
    if not changes.counts:
        assert changed == payload


def _drop(message: Any, keys: set[str]) -> None:
    """A slow and simple way to do the same."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        children = list(value) if field.is_repeated else [value]
        if field.is_repeated and field.message_type.name == "KeyValue":
            kept = [child for child in children if child.key not in keys]
            del value[:]
            value.extend(kept)
            children = list(value)
        for child in children:
            _drop(child, keys)


@pytest.mark.parametrize("has_match", [True, False])
def test_a_large_request_is_changed_in_pieces_as_a_whole_one_is(has_match: bool) -> None:
    """Split anywhere, a request changes as if it were whole, also where the service is named far before its spans."""
    request = ExportTraceServiceRequest()
    for service in ("shop", "bank"):
        outer = request.resource_spans.add(resource=Resource(attributes=[_text("service.name", service)]))
        spans = outer.scope_spans.add().spans
        for number in range(3000):
            attributes = [_text("user.id" if has_match else "other", str(number)), _text("pad", "x" * 200)]
            span = Span(trace_id=b"t" * 16, span_id=number.to_bytes(8, "big", signed=False), attributes=attributes)
            span.span_id = (number + 1).to_bytes(8, "big")
            span.status.CopyFrom(Status(message="kept"))
            spans.append(span)
    payload = request.SerializeToString()
    assert len(payload) > 4 * PIECE_BYTES
    changes = Changes()
    changed = _pass(AttributeRule("drop", name="d", key="user.id", services=("shop",))).apply(
        "traces", payload, changes
    )
    if has_match:
        for span in request.resource_spans[0].scope_spans[0].spans:
            del span.attributes[0]
    assert changes.counts == ({"d": 3000} if has_match else {})
    assert ExportTraceServiceRequest.FromString(changed) == request
    assert check_traces(changed).payload == changed


def test_the_result_of_a_change_passes_the_check_as_it_is() -> None:
    """What is written anew is canonical: the check finds nothing to write again."""
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add(attributes=[_text("a", "b")])
    changed = _pass(AttributeRule("mask", key="a", places=PLACES)).apply("logs", request.SerializeToString(), Changes())
    assert check_logs(changed).payload == changed


def test_a_text_full_of_matches_takes_time_in_proportion() -> None:
    """A megabyte of addresses is hashed within seconds, each of them, and nothing between them is touched."""
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8)
    span.attributes.add(key="said").value.string_value = "a@b.cc " * 150_000
    begun_s = time.thread_time()
    changed = _pass(AttributeRule("hash", pattern="email")).apply("traces", request.SerializeToString(), Changes())
    assert time.thread_time() - begun_s < 5
    said = ExportTraceServiceRequest.FromString(changed).resource_spans[0].scope_spans[0].spans[0].attributes[0].value
    hashes = said.string_value.split(" ")
    assert (len(hashes), len(set(hashes)), hashes[0][:5], hashes[-1]) == (150_001, 2, "hash:", "")
