import random
import shutil
import struct
import subprocess
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.errors import ClewError, InputTooLarge
from clew.wire.compiled_library import Found
from clew.wire.otlp_check import CheckLimits, check_by_parsing, check_logs, check_traces
from clew.wire.otlp_pieces import MAX_FIELDS, PIECE_BYTES, REQUEST
from clew.wire.otlp_scan import GIL_KEPT_BYTES, MAX_DEPTH, ROLES, ScanTable, field_name, reachable
from clew.wire.otlp_signals import LOGS, TRACES, Signal
from tests.house.project_files import ROOT
from tests.wire.otlp_mutations import WRONG_TEXT, delimited, long_varint, mutated, noisy
from tests.wire.otlp_samples import LOG_REQUESTS, TRACE_REQUESTS, make_logs, make_request

_SEEDS = st.integers(0, 2**64 - 1)
_BODIES = st.one_of(
    TRACE_REQUESTS.map(lambda request: (TRACES, request.SerializeToString())),
    LOG_REQUESTS.map(lambda request: (LOGS, request.SerializeToString())),
)


def counted(signal: Signal, body: bytes) -> tuple[int, ...]:
    """Records, groups, items, the most attributes and the repeated bytes, as protobuf's own reader finds them."""
    message = signal.messages[REQUEST].FromString(body)
    scopes = signal.scopes(message, REQUEST)
    records = [record for scope in scopes for record in signal.records_of(scope)]
    carriers: list[Any] = [*records, *signal.parents(message, REQUEST)]
    return (
        len(records),
        len(scopes) + len(signal.groups(message, REQUEST)),
        sum(signal.items_of(signal.records_of(scope)) for scope in scopes),
        max((len(carrier.attributes) for carrier in carriers), default=0),
        sum(own_bytes * count for own_bytes, count in signal.repeats(message, REQUEST)),
    )


def figures(found: Found) -> tuple[int, ...]:
    """The same of a scan."""
    return (found.records, found.groups, found.items, found.most_attributes, found.repeated_bytes)


def is_certain(signal: Signal, body: bytes) -> bool:
    """Does the scan accept it? Then the parser must leave it as it is, refuse nothing and count the same."""
    found = signal.scan_table.scan(body)
    if found is None:
        return False
    checked = check_by_parsing(signal, body)
    assert (checked.span_count, checked.rejected, checked.reason) == (found.records, 0, "")
    assert checked.payload == (body if found.records else b"")
    assert signal.messages[REQUEST].FromString(body).SerializeToString() == body
    assert figures(found) == counted(signal, body)
    return True


def is_plain(signal: Signal, body: bytes) -> bool:
    """Does the parser find it canonical, good and without unknown fields?"""
    try:
        checked = check_by_parsing(signal, body)
    except ClewError:
        return False
    message = signal.messages[REQUEST].FromString(body)
    message.DiscardUnknownFields()
    return checked.rejected == 0 and message.SerializeToString() == body


@given(_BODIES)
def test_every_valid_request_is_certain(body: tuple[Signal, bytes]) -> None:
    """What upb writes of any valid message is accepted, with the counts that the parser finds."""
    assert is_certain(*body)


@settings(max_examples=300, deadline=None)
@given(_BODIES, _SEEDS, st.integers(1, 2))
def test_a_changed_request_is_certain_exactly_when_the_parser_leaves_it(
    body: tuple[Signal, bytes], seed: int, times: int
) -> None:
    """Any change, at any depth, is accepted when the parser would keep every byte of it, and only then."""
    signal, changed = body
    choose = random.Random(seed)
    for _ in range(times):
        if changed and is_plain(signal, changed):
            changed = mutated(changed, signal.scan_table.root, choose)
    assert is_certain(signal, changed) == is_plain(signal, changed)


@settings(max_examples=300, deadline=None)
@given(_BODIES, _SEEDS)
def test_noise_is_certain_exactly_when_the_parser_leaves_it(body: tuple[Signal, bytes], seed: int) -> None:
    """Turned bits and lost or added bytes are accepted when they happen to make another good request, and only then."""
    signal, encoded = body
    changed = noisy(encoded, random.Random(seed))
    assert is_certain(signal, changed) == is_plain(signal, changed)


def _full_traces() -> bytes:
    request = make_request(3, 3)
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.trace_state, span.parent_span_id, span.flags = "k=v", b"87654321", 257
    span.events.add(name="\u00fc\u20ac\U0001f980").attributes.add(key="k").value.double_value = 0.5
    span.links.add(trace_id=b"t" * 16, span_id=b"s" * 8).attributes.add(key="k").value.int_value = -1
    span.attributes.add(key="deep").value.kvlist_value.values.add(key="k").value.array_value.values.add()
    span.status.message = "x"
    span.attributes.add(key="b").value.bool_value = True
    span.attributes.add(key="s", key_strindex=-5).value.string_value_strindex = 5
    resource = request.resource_spans[0].resource
    resource.dropped_attributes_count = 1
    resource.entity_refs.add(type="t", id_keys=["a", ""])
    request.resource_spans[0].scope_spans[0].scope.name = "library"
    return request.SerializeToString()


_FULL = pytest.mark.parametrize(
    ("signal", "body"), [(TRACES, _full_traces()), (LOGS, make_logs(4).SerializeToString())], ids=["traces", "logs"]
)


@_FULL
def test_of_many_changes_those_are_certain_that_the_parser_leaves(signal: Signal, body: bytes) -> None:
    """The same for twenty thousand changes of a request that has every kind of field."""
    choose = random.Random(1)
    assert is_certain(signal, body)
    plain = 0
    for _ in range(20_000):
        changed = mutated(body, signal.scan_table.root, choose)
        expected = is_plain(signal, changed)
        assert is_certain(signal, changed) == expected, changed.hex()
        plain += expected
    assert 2_000 < plain < 18_000


@settings(deadline=None)
@given(
    _BODIES,
    st.sampled_from(["attributes", "records", "items", "groups", "repeated_bytes"]),
    st.sampled_from([0, 1, 2, 3, 5, 20, 100]),
)
def test_the_limits_are_those_of_the_parser(body: tuple[Signal, bytes], name: str, limit: int) -> None:
    """With any limit the check says what it says without the scan: the same answer, or the same refusal."""
    signal, encoded = body
    limits = CheckLimits(**{name: limit})
    check = check_traces if signal is TRACES else check_logs
    try:
        expected = check_by_parsing(signal, encoded, limits)
    except ClewError as error:
        with pytest.raises(type(error), match=str(limit)):
            check(encoded, limits)
    else:
        assert check(encoded, limits) == expected


@pytest.mark.parametrize(
    "limits",
    [
        CheckLimits(groups=5),
        CheckLimits(groups=40),
        CheckLimits(record_bytes=300_000),
        CheckLimits(record_bytes=320_000),
        CheckLimits(repeated_bytes=70_000_000),
        CheckLimits(repeated_bytes=50_000_000),
    ],
)
def test_the_limits_of_a_large_request_are_those_of_the_parser(limits: CheckLimits) -> None:
    """What the parser refuses is refused, though in pieces it counts some things twice."""
    request = make_request(3000)
    request.resource_spans[0].resource.attributes.add(key="large").value.string_value = "x" * 20_000
    request.resource_spans.add().CopyFrom(make_request(1).resource_spans[0])
    request.resource_spans[1].schema_url = "x" * 310_000
    body = request.SerializeToString()
    assert len(body) > 4 * PIECE_BYTES
    try:
        expected = check_by_parsing(TRACES, body, limits)
    except ClewError as error:
        with pytest.raises(type(error)):
            check_traces(body, limits)
    else:
        assert check_traces(body, limits) == expected


def test_so_many_fields_are_left_to_the_parser() -> None:
    """More outer fields than the parser walks over are refused, though the limits would allow them."""
    body = delimited(1, b"") * (MAX_FIELDS + 1)
    assert TRACES.scan_table.scan(body) is not None
    with pytest.raises(InputTooLarge):
        check_traces(body, CheckLimits(groups=2 * MAX_FIELDS))


@pytest.mark.parametrize("size", [GIL_KEPT_BYTES, GIL_KEPT_BYTES + 1])
def test_requests_of_every_size_are_scanned(size: int) -> None:
    """The calls that keep and release the interpreter's lock find the same."""
    request = make_request(1)
    request.resource_spans[0].schema_url = "x"
    request.resource_spans[0].schema_url = "x" * (size - len(request.SerializeToString()))
    while len(body := request.SerializeToString()) > size:
        request.resource_spans[0].schema_url = request.resource_spans[0].schema_url[:-1]
    assert len(body) == size
    assert is_certain(TRACES, body)


def _nested(levels: int) -> bytes:
    value = AnyValue(int_value=1)
    for _ in range(levels):
        outer = AnyValue()
        outer.array_value.values.append(value)
        value = outer
    request = make_request(1, 0)
    request.resource_spans[0].scope_spans[0].spans[0].attributes.append(KeyValue(key="k", value=value))
    return request.SerializeToString()


def test_nesting_is_bounded() -> None:
    """What is nested to the limit is accepted, one level more is left to the parser."""
    levels = next(levels for levels in range(200) if TRACES.scan_table.scan(_nested(levels)) is None)
    # A request, two groups, a span, an attribute and its value; two messages for each level.
    assert 6 + 2 * (levels - 1) <= MAX_DEPTH < 6 + 2 * levels
    assert is_certain(TRACES, _nested(levels - 1))
    assert check_traces(_nested(levels)).span_count == 1


@pytest.mark.parametrize(
    "resource",
    [
        delimited(1, delimited(1, b"k")) + b"\x10\x00",  # an explicit default
        delimited(1, delimited(1, b"k")) + b"\x10\x81\x00",  # a long number
        b"\x10\x01" + delimited(1, delimited(1, b"k")),  # another order
        b"\x10\x01\x10\x01",  # a field twice
        b"\x90\x00\x01",  # a long tag
        b"\x10\x80\x80\x80\x80\x10",  # over 32 bits
        b"\x78\x01",  # an unknown field
        delimited(1, delimited(1, b"\xed\xa0\x80")),  # a surrogate
        delimited(1, delimited(2, b"\x10\x01\x18\x01")),  # two of a oneof
        delimited(1, delimited(2, b"\x10\x02")),  # a bool of 2
        delimited(1, delimited(2, b"\x18" + b"\xff" * 9 + b"\x03")),  # over 64 bits
        delimited(1, delimited(2, b"\x18" + b"\xff" * 10 + b"\x01")),  # 11 bytes
        delimited(1, delimited(2, b"\x40\xff\xff\xff\xff\x0f")),  # a negative number of 32 bits, not extended
        b"\x0a" + long_varint(2) + b"\x0a\x00",  # a long length
    ],
)
def test_odd_forms_are_left_to_the_parser(resource: bytes) -> None:
    """Each way to write a message otherwise than upb does is seen."""
    spans = make_request(1).resource_spans[0].scope_spans[0].SerializeToString()
    assert not is_certain(TRACES, delimited(1, delimited(1, resource) + delimited(2, spans)))
    assert is_certain(TRACES, delimited(1, delimited(1, b"\x10\x01") + delimited(2, spans)))


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_text_is_utf8() -> None:
    """Of every lead byte with followers at the edges of each range, those are certain that Python decodes."""
    firsts = [bytes([byte]) for byte in range(256)]
    seconds = [b"", *(bytes([byte]) for byte in (0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF))]
    others = [b"", b"\x7f", b"\x80", b"\xbf", b"\xc0"]
    for parts in product(firsts, seconds, others, others):
        text = b"".join(parts)
        found = TRACES.scan_table.scan(delimited(1, delimited(3, text)))
        assert (found is not None) == _is_utf8(text), text


@pytest.mark.parametrize("size", range(1, 40))
def test_one_bad_byte_in_a_text_is_seen(size: int) -> None:
    """Wherever it is in a text of any length: text is looked at in words."""
    for at in range(size):
        text = b"a" * at + b"\xff" + b"a" * (size - at - 1)
        assert TRACES.scan_table.scan(delimited(1, delimited(3, text))) is None
    assert TRACES.scan_table.scan(delimited(1, delimited(3, b"a" * size))) is not None


def test_every_role_is_that_of_a_field() -> None:
    """No role is lost by a misspelt name or by a change of the protocol."""
    names: set[str] = set()
    for request in (ExportTraceServiceRequest, ExportLogsServiceRequest):
        for kind in reachable(request.DESCRIPTOR):
            names |= {field_name(kind, each) for each in kind.fields}
    assert ROLES.keys() <= names


def test_every_field_of_the_protocol_is_known() -> None:
    """The scanner has a kind for each field of OTLP, so that no valid request needs the parser."""
    for request in (ExportTraceServiceRequest, ExportLogsServiceRequest):
        table = ScanTable(request.DESCRIPTOR)
        known = sum(entry.wire_type != 255 for entry in table.fields)
        assert known == sum(len(kind.fields) for kind in reachable(request.DESCRIPTOR))


def _write_bodies(path: Path, table: ScanTable, bodies: list[bytes]) -> None:
    header = struct.pack("=III", len(table.fields), len(table.messages), MAX_DEPTH)
    framed = (struct.pack("=I", len(body)) + body for body in bodies)
    path.write_bytes(header + bytes(table.fields) + bytes(table.messages) + b"".join(framed))


def _changed_bodies(body: bytes, kind: Descriptor, count: int) -> list[bytes]:
    choose = random.Random(1)
    changed = [noisy(mutated(body, kind, choose), choose) if number % 2 else body for number in range(2)]
    changed += [body[:size] for size in range(len(body))]
    changed += [mutated(body, kind, choose) for _ in range(count)]
    changed += [noisy(body, choose) for _ in range(count)]
    changed += [choose.randbytes(choose.randrange(40)) for _ in range(count)]
    changed += [delimited(1, delimited(3, text)) for text in WRONG_TEXT]
    for record in (Span(start_time_unix_nano=1), Span(flags=1), LogRecord(time_unix_nano=1), LogRecord(flags=1)):
        encoded = record.SerializeToString()
        changed += [delimited(1, delimited(2, delimited(2, encoded[:size]))) for size in range(len(encoded))]
    return changed


@_FULL
def test_no_bytes_make_it_read_outside_of_them(signal: Signal, body: bytes, tmp_path: Path) -> None:
    """Under sanitizers of memory and behaviour, thousands of broken bodies are scanned as they are without."""
    program, file = tmp_path / "driver", tmp_path / "bodies"
    assert shutil.which("cc"), "install a C compiler (Debian: gcc)"
    options = ["-std=c11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined"]
    source = ["-fno-sanitize-recover=all", f"-I{ROOT / 'src/clew/wire'}", str(ROOT / "tests/wire/otlp_scan_driver.c")]
    subprocess.run(["cc", *options, *source, "-o", str(program)], check=True)
    bodies = _changed_bodies(body, signal.scan_table.root, 10_000)
    _write_bodies(file, signal.scan_table, bodies)
    run = subprocess.run([program, file], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    found = [signal.scan_table.scan(each) or Found() for each in bodies]
    said = [tuple(map(int, line.split()))[1:] for line in run.stdout.splitlines()]
    assert said == [(each.records, each.items, each.repeated_bytes) for each in found]
    assert run.stdout.startswith("1 ")
    assert 10 < sum(line.startswith("1") for line in run.stdout.splitlines()) < len(bodies) / 2
