import contextlib
import os
import resource
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from clew.errors import InputTooLarge, MalformedInput
from clew.wire import compiled_library
from clew.wire.otlp_check import CheckLimits, canonical_logs, canonical_traces, check_logs, check_traces
from clew.wire.otlp_pieces import PIECE_BYTES, write_varint
from tests.wire.otlp_samples import LOG_REQUESTS, TRACE_REQUESTS, add_span, make_logs, make_request, span_ids


@pytest.fixture(scope="module", params=["1", "0"], ids=["compiled", "parsed"], autouse=True)
def switched(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test runs with the compiled scan and without it; so do the processes that it starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(compiled_library.SWITCH, request.param)
        compiled_library.load_library.cache_clear()
        assert (compiled_library.load_library() is not None) == (request.param == "1")
        yield
    compiled_library.load_library.cache_clear()


@given(TRACE_REQUESTS)
def test_a_valid_request_leaves_as_the_very_bytes_that_came_in(request: ExportTraceServiceRequest) -> None:
    """Whatever is valid is passed on unchanged, with all of its spans counted."""
    body = request.SerializeToString()
    count = sum(len(scope.spans) for group in request.resource_spans for scope in group.scope_spans)
    checked = check_traces(body)
    assert (checked.span_count, checked.rejected, checked.reason) == (count, 0, "")
    assert checked.payload is body if count else checked.payload == b""


@given(LOG_REQUESTS)
def test_valid_logs_leave_as_the_very_bytes_that_came_in(request: ExportLogsServiceRequest) -> None:
    """Whatever is valid is passed on unchanged, with all of its log records counted."""
    body = request.SerializeToString()
    count = sum(len(scope.log_records) for group in request.resource_logs for scope in group.scope_logs)
    checked = check_logs(body)
    assert (checked.span_count, checked.rejected) == (count, 0)
    assert checked.payload is body if count else checked.payload == b""


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("trace_id", b"", "1 refused: trace_id must be 16 bytes and not all zero"),
        ("trace_id", bytes(16), "1 refused: trace_id must be 16 bytes and not all zero"),
        ("trace_id", b"1" * 15, "1 refused: trace_id must be 16 bytes and not all zero"),
        ("trace_id", b"1" * 17, "1 refused: trace_id must be 16 bytes and not all zero"),
        ("span_id", b"", "1 refused: span_id must be 8 bytes and not all zero"),
        ("span_id", bytes(8), "1 refused: span_id must be 8 bytes and not all zero"),
        ("span_id", b"1" * 16, "1 refused: span_id must be 8 bytes and not all zero"),
        ("parent_span_id", b"1" * 7, "1 refused: parent_span_id must be empty or 8 bytes"),
    ],
)
def test_a_span_with_a_wrong_id_is_left_out_and_its_neighbours_stay(field: str, value: bytes, reason: str) -> None:
    """A wrong trace, span or parent id refuses that span alone, with the reason."""
    request = make_request(3)
    setattr(request.resource_spans[0].scope_spans[0].spans[1], field, value)
    checked = check_traces(request.SerializeToString())
    assert (checked.span_count, checked.rejected, checked.reason) == (2, 1, reason)
    assert span_ids(checked.payload) == [1, 3]


def test_unknown_fields_leave_with_a_bad_record_too() -> None:
    """A request that is written anew without its bad spans is in canonical form, as one with good spans only."""
    request = make_request(2)
    request.resource_spans[0].scope_spans[0].spans[1].span_id = b"short"
    good = make_request(1).SerializeToString()
    checked = check_traces(request.SerializeToString() + b"\x7a\x01\x00")
    assert (checked.payload, checked.rejected) == (good, 1)


def test_groups_emptied_by_refusals_are_left_out_too() -> None:
    """A resource whose every span was refused is not passed on."""
    request = make_request(2)
    request.resource_spans.add().scope_spans.add().spans.add(name="no ids")
    checked = check_traces(request.SerializeToString())
    assert (checked.span_count, checked.rejected) == (2, 1)
    assert len(ExportTraceServiceRequest.FromString(checked.payload).resource_spans) == 1


def test_nothing_is_left_of_a_request_with_bad_spans_only() -> None:
    """When every span is refused there is nothing to store."""
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.add(name="no ids")
    assert check_traces(request.SerializeToString()).payload == b""


def test_an_empty_request_is_valid() -> None:
    """No bytes are a valid request with nothing in it."""
    checked = check_traces(b"")
    assert (checked.payload, checked.span_count, checked.rejected) == (b"", 0, 0)


@pytest.mark.parametrize(
    ("trace_id", "span_id", "accepted"),
    [(b"", b"", 1), (b"1" * 16, b"1" * 8, 1), (b"1" * 16, b"", 1), (b"1" * 15, b"", 0), (b"", b"1" * 9, 0)],
)
def test_log_records_may_lack_ids_but_not_have_wrong_ones(trace_id: bytes, span_id: bytes, accepted: int) -> None:
    """Log records outside a trace are accepted; ids of a wrong length refuse the record."""
    request = make_logs(1)
    record = request.resource_logs[0].scope_logs[0].log_records[0]
    record.trace_id, record.span_id = trace_id, span_id
    checked = check_logs(request.SerializeToString())
    assert (checked.span_count, checked.rejected) == (accepted, 1 - accepted)


@pytest.mark.parametrize("attribute_count", [10_001, 1_000_000])
def test_a_span_with_too_many_attributes_is_left_out(attribute_count: int) -> None:
    """One span beyond the attribute limit is refused, large or not, and its neighbours stay."""
    request = make_request(3)
    span = request.resource_spans[0].scope_spans[0].spans[1]
    attribute = KeyValue(key="key", value=AnyValue(string_value="value"))
    span.attributes.extend([attribute] * attribute_count)
    checked = check_traces(request.SerializeToString())
    assert (checked.span_count, checked.rejected) == (2, 1)
    assert span_ids(checked.payload) == [1, 3]
    assert "span" in checked.reason


def test_the_attribute_limit_itself_is_allowed() -> None:
    """Exactly the limit passes, even when the bytes hold more attribute tags than that in all."""
    request = make_request(40)
    del request.resource_spans[0].scope_spans[0].spans[0].attributes[:]
    add_span(request.resource_spans[0].scope_spans[0].spans[0], 1, 10_000)
    assert check_traces(request.SerializeToString()).rejected == 0


def test_a_log_record_with_too_many_attributes_is_left_out() -> None:
    """The attribute limit holds for log records as well."""
    request = make_logs(3)
    attributes = request.resource_logs[0].scope_logs[0].log_records[0].attributes
    for _ in range(10_001):
        attributes.add(key="k")
    checked = check_logs(request.SerializeToString())
    assert (checked.span_count, checked.rejected) == (2, 1)
    assert checked.reason == "1 refused: more than 10000 attributes on one log record"


def test_a_resource_with_too_many_attributes_refuses_the_request() -> None:
    """A resource is stored with every span, so its attributes are limited too."""
    request = make_request(1)
    for number in range(10_000):
        request.resource_spans[0].resource.attributes.add(key=f"k{number}")
    with pytest.raises(InputTooLarge, match="10001 attributes"):
        check_traces(request.SerializeToString())


@pytest.mark.parametrize("span_count", [100, 20_000])
def test_a_large_resource_with_many_spans_refuses_the_request(span_count: int) -> None:
    """Resource bytes times spans are bounded, whether the request is checked whole or in pieces."""
    request = make_request(span_count)
    request.resource_spans[0].resource.attributes.add(key="k").value.string_value = "x" * 100_000
    with pytest.raises(InputTooLarge, match="in the store"):
        check_traces(request.SerializeToString(), CheckLimits(repeated_bytes=9_000_000))


def test_every_truncation_is_malformed_or_a_shorter_valid_request() -> None:
    """A request cut anywhere never passes as if it were whole."""
    body = make_request(2, 2).SerializeToString()
    for size in range(1, len(body)):
        with pytest.raises(MalformedInput, match="ExportTraceServiceRequest"):
            check_traces(body[:size])


@pytest.mark.parametrize(
    "body",
    [
        b"\x00\x01",  # field number 0
        b"\x0f",  # wire type 7
        b"\x0a\xff\xff\xff\xff\x0f",  # longer than the body
        b"\x0b",  # a group that never ends
        b"\x0a\x02\x0c\x0c",  # the end of a group that never began
        b"\x80" * 11,  # a varint without an end
        make_request(1).SerializeToString() + b"\x0a",  # garbage behind the message
    ],
)
def test_broken_protobuf_is_malformed(body: bytes) -> None:
    """What isn't protobuf is refused as a whole."""
    with pytest.raises(MalformedInput):
        check_traces(body)


def test_invalid_utf8_is_malformed() -> None:
    """Text that isn't UTF-8 is refused: the store and every reader rely on it."""
    body = make_request(1).SerializeToString().replace(b"GET /items", b"GET /it\xffms")
    with pytest.raises(MalformedInput):
        check_traces(body)


def test_values_nested_beyond_protobufs_limit_are_malformed() -> None:
    """A hundred levels are protobuf's limit; beyond it the request is refused, not half read."""
    value = b""
    for _ in range(120):
        array = b"\x0a" + write_varint(len(value)) + value
        value = b"\x2a" + write_varint(len(array)) + array
    request = make_request(1)
    nested = b"\x0a\x01k\x12" + write_varint(len(value)) + value
    span = request.resource_spans[0].scope_spans[0].spans[0].SerializeToString()
    span += b"\x4a" + write_varint(len(nested)) + nested
    scope = b"\x12" + write_varint(len(span)) + span
    group = b"\x12" + write_varint(len(scope)) + scope
    with pytest.raises(MalformedInput):
        check_traces(b"\x0a" + write_varint(len(group)) + group)


def test_random_bytes_never_get_further_than_malformed() -> None:
    """Noise raises MalformedInput and nothing else, or happens to hold no spans."""
    for size in (1, 2, 3, 10, 100, 1000):
        for _ in range(200):
            try:
                assert check_traces(os.urandom(size)).span_count == 0
            except MalformedInput:
                continue


def test_a_large_request_is_the_same_in_pieces_as_whole() -> None:
    """A request larger than a piece passes unchanged when good, and loses exactly its bad spans when not."""
    request = make_request(3000)
    for number in range(50):
        request.resource_spans.add().CopyFrom(make_request(200, first=10_000 + 200 * number).resource_spans[0])
    body = request.SerializeToString()
    assert len(body) > 4 * PIECE_BYTES
    checked = check_traces(body)
    assert checked.payload is body
    assert checked.span_count == 13_000
    spans = request.resource_spans[0].scope_spans[0].spans
    spans[0].span_id = spans[1500].trace_id = spans[2999].parent_span_id = b"x"
    checked = check_traces(request.SerializeToString())
    assert (checked.span_count, checked.rejected) == (12_997, 3)
    assert set(range(1, 3001)) - set(span_ids(checked.payload)) == {1, 1501, 3000}
    first = ExportTraceServiceRequest.FromString(checked.payload).resource_spans[0]
    assert first.resource == request.resource_spans[0].resource


@settings(max_examples=30)
@given(TRACE_REQUESTS)
def test_a_large_record_among_arbitrary_ones_is_refused_alone(request: ExportTraceServiceRequest) -> None:
    """A span over the size limit is left out of whatever else the request holds."""
    count = sum(len(scope.spans) for group in request.resource_spans for scope in group.scope_spans)
    large = request.resource_spans.add().scope_spans.add().spans.add()
    add_span(large, 1)
    large.name = "x" * (PIECE_BYTES + 1)
    checked = check_traces(request.SerializeToString(), CheckLimits(record_bytes=PIECE_BYTES))
    assert (checked.span_count, checked.rejected) == (count, 1)
    del request.resource_spans[-1]
    kept = ExportTraceServiceRequest.FromString(checked.payload)
    assert sum(len(scope.spans) for group in kept.resource_spans for scope in group.scope_spans) == count


# The smallest parts that protobuf allows, and the tags of the messages around each run of them, from the inside out.
_HOSTILE = {
    "resource groups": (b"\x0a\x00", ()),
    "scope groups": (b"\x12\x00", (0x0A,)),
    "spans": (b"\x12\x00", (0x12, 0x0A)),
    "attributes": (b"\x4a\x00", (0x12, 0x12, 0x0A)),
    "events": (b"\x5a\x00", (0x12, 0x12, 0x0A)),
}


@pytest.mark.parametrize("run_bytes", [200_000, 12 * 2**20])
@pytest.mark.parametrize("kind", _HOSTILE)
def test_a_hostile_body_costs_little(kind: str, run_bytes: int) -> None:
    """Of 24 MiB of the smallest possible parts, in few runs or in many, a check needs under 200 MiB and 5 s CPU."""
    script = "import sys; from tests.wire.test_otlp_check import check_hostile_body as check; check(*sys.argv[1:])"
    command = [sys.executable, "-c", script, kind, str(run_bytes)]
    process = subprocess.run(command, capture_output=True, text=True, check=True)
    grown_mib, cpu_s = process.stdout.split()
    assert int(grown_mib) < 200
    assert float(cpu_s) < 5


def check_hostile_body(kind: str, run_bytes: str) -> None:
    """Print by how many MiB a check made this process grow, and its CPU seconds; run in a process of its own."""
    part, tags = _HOSTILE[kind]
    run = part * (int(run_bytes) // len(part))
    for tag in tags:
        run = bytes([tag]) + write_varint(len(run)) + run
    body = run * (24 * 2**20 // len(run))
    before = resource.getrusage(resource.RUSAGE_SELF)
    with contextlib.suppress(InputTooLarge, MalformedInput):
        assert check_traces(body).span_count == 0
    after = resource.getrusage(resource.RUSAGE_SELF)
    print((after.ru_maxrss - before.ru_maxrss) // 1024, after.ru_utime - before.ru_utime)  # noqa: T201  # for the parent


def test_too_many_bad_records_refuse_the_whole_request() -> None:
    """Beyond a bound, bad records are no partial success any more."""
    request = make_request(1)
    for _ in range(3):
        request.resource_spans[0].scope_spans[0].spans.add()
    body = request.SerializeToString()
    assert check_traces(body, CheckLimits(refused_records=4)).rejected == 3
    with pytest.raises(MalformedInput, match="most of them: trace_id"):
        check_traces(body, CheckLimits(refused_records=3))


def test_too_many_records_refuse_the_whole_request() -> None:
    """The numbers of spans and of groups in one request are bounded."""
    body = make_request(10).SerializeToString()
    assert check_traces(body, CheckLimits(records=10, groups=2)).span_count == 10
    with pytest.raises(InputTooLarge, match="9 records"):
        check_traces(body, CheckLimits(records=9))
    with pytest.raises(InputTooLarge, match="1 groups"):
        check_traces(body, CheckLimits(groups=1))


def test_canonical_bytes_have_each_field_once_and_no_unknown_ones() -> None:
    """Odd but valid protobuf (repeated singular fields, unknown fields and groups) is rewritten plainly."""
    request = make_request(2)
    plain = request.SerializeToString(deterministic=True)
    group = request.resource_spans[0].SerializeToString()
    odd = b"\x0a\x00" + group + b"\x0b\x0c" + b"\xf8\x3f\x01"  # a second resource, a group, field 1023
    body = b"\x0a" + write_varint(len(odd)) + odd
    assert canonical_traces(body) == plain
    logs = make_logs(2).SerializeToString(deterministic=True)
    assert canonical_logs(logs + b"\xf8\x3f\x01") == logs


@pytest.mark.parametrize("number", range(1, 17))
@pytest.mark.parametrize(
    "added", [b"\x01" + bytes(7) + b"\x01", b"\x05\1\0\0\0", b"\x00\x01"], ids=["64", "32", "varint"]
)
def test_a_known_field_of_another_type_is_left_out(number: int, added: bytes) -> None:
    """Protobuf calls it unknown; the engine goes by its number, and would read it as the span's id or attribute."""
    request = make_request(1)
    plain = request.SerializeToString()
    span = request.resource_spans[0].scope_spans[0].spans[0].SerializeToString()
    longer = span + write_varint(number << 3 | added[0]) + added[1:]
    kind = type(request.resource_spans[0].scope_spans[0].spans[0])
    if kind.FromString(longer) != kind.FromString(span):  # it is a field of that type, and changes the span
        return
    group = request.resource_spans[0]
    scope = group.scope_spans[0]
    del scope.spans[:]
    inner = scope.SerializeToString()
    inner = inner + b"\x12" + write_varint(len(longer)) + longer
    del group.scope_spans[:]
    outer = group.SerializeToString() + b"\x12" + write_varint(len(inner)) + inner
    body = b"\x0a" + write_varint(len(outer)) + outer
    checked = check_traces(body)
    assert checked.payload == plain
    assert checked.span_count == 1


def test_a_field_that_comes_twice_holds_its_last_value() -> None:
    """A name sent twice is stored as protobuf reads it; the engine would read an empty one."""
    request = make_request(2)
    first, second = request.resource_spans[0].scope_spans[0].spans
    encoded = first.SerializeToString() + type(first)(name="the last one").SerializeToString()
    spans = b"\x12" + write_varint(len(encoded)) + encoded
    other = second.SerializeToString()
    spans += b"\x12" + write_varint(len(other)) + other
    body = (
        b"\x0a"
        + write_varint(len(spans) + 1 + len(write_varint(len(spans))))
        + b"\x12"
        + write_varint(len(spans))
        + spans
    )
    checked = check_traces(body)
    assert checked.payload == ExportTraceServiceRequest.FromString(body).SerializeToString() != body
    assert checked.span_count == 2


def test_a_request_with_too_many_empty_attributes_is_refused() -> None:
    """Empty attributes, events and links are counted over the whole request, since they grow in the store."""
    request = make_request(4)
    for span in request.resource_spans[0].scope_spans[0].spans:
        span.attributes.extend([KeyValue()] * 60)
        span.events.add().attributes.extend([KeyValue()] * 60)
    body = request.SerializeToString()
    limits = CheckLimits(items=200, attributes=1000)
    assert len(body) > 2 * limits.items
    with pytest.raises(InputTooLarge, match="more than 200 attributes, events and links"):
        check_traces(body, limits)
    assert check_traces(body, CheckLimits(items=10_000)).span_count == 4


def _length_delimited(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + write_varint(len(content)) + content


@pytest.mark.parametrize("spans", [1, 20_000])
def test_attributes_are_kept_in_one_form(spans: int) -> None:
    """A value before its key is valid; it is stored as others write it, since equal ones are found by their bytes."""
    usual = KeyValue(key="k", value=AnyValue(string_value="v")).SerializeToString()
    odd = usual[3:] + usual[:3]
    assert KeyValue.FromString(odd) == KeyValue.FromString(usual)
    event, link = _length_delimited(3, odd), _length_delimited(4, odd)
    head = _length_delimited(1, b"t" * 16) + _length_delimited(2, b"s" * 8)
    span = head + _length_delimited(9, odd) + _length_delimited(11, event) + _length_delimited(13, link)
    scope = _length_delimited(1, _length_delimited(3, odd)) + _length_delimited(2, span) * spans
    group = _length_delimited(1, _length_delimited(1, odd)) + _length_delimited(2, scope)
    body = _length_delimited(1, group)
    checked = check_traces(body)
    assert checked.span_count == spans
    assert checked.payload.count(usual) == 3 * spans + 2
    assert odd not in checked.payload
    assert ExportTraceServiceRequest.FromString(checked.payload) == ExportTraceServiceRequest.FromString(body)


@pytest.mark.parametrize("span_count", [3, 5000])
def test_what_less_is_allowed_of_leaves_out_single_records_only(span_count: int) -> None:
    """A sender's own limits on one record leave that one out, and don't bind its resource."""
    request = make_request(span_count)
    request.resource_spans[0].resource.attributes.add(key="a").value.string_value = "x" * 500
    for number in range(9):
        request.resource_spans[0].resource.attributes.add(key=f"b{number}").value.int_value = number
    body = request.SerializeToString()
    limits = CheckLimits(one_record_bytes=400, one_record_attributes=8)
    assert check_traces(body, limits).payload == body
    large, many = list(request.resource_spans[0].scope_spans[0].spans)[1:3]
    large.name = "x" * 401
    for number in range(9):
        many.attributes.add(key=str(number))
    checked = check_traces(request.SerializeToString(), limits)
    assert (checked.span_count, checked.rejected) == (span_count - 2, 2)
    assert "1 refused: one span has more than 400 bytes" in checked.reason
    assert "1 refused: more than 8 attributes on one span" in checked.reason
