import random
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.errors import InputRefused, InputTooLarge, MalformedInput, UnsupportedInput
from clew.wire.compiled_translation import GIL_KEPT_BYTES
from clew.wire.jaeger_thrift import (
    BATCHES,
    MESSAGES,
    Protocol,
    batch_to_otlp,
    message_to_otlp,
    read_batch,
    read_message,
)
from clew.wire.otlp_check import check_traces
from clew.wire.thrift_read import BINARY, BOOL, I32, I64, LIST, MAX_VALUES, STRUCT
from tests.fuzz.decoders import DECODERS, Decoder
from tests.house.project_files import ROOT
from tests.wire.jaeger_samples import (
    BATCHES as ANY_BATCHES,
)
from tests.wire.jaeger_samples import (
    START_US,
    batch,
    bench_batch,
    emit,
    log,
    reference,
    span,
    structs,
    tag,
    tags,
    text,
)
from tests.wire.otlp_mutations import noisy
from tests.wire.sanitized import run_sanitized
from tests.wire.thrift_writer import Typed, write, write_call

PROTOCOLS = pytest.mark.parametrize("protocol", Protocol, ids=lambda protocol: protocol.value)
_DECODERS = [decoder for decoder in DECODERS if decoder.compiled in [*BATCHES.values(), *MESSAGES.values()]]


def is_compiled(body: bytes, protocol: Protocol) -> bool:
    """Does the compiled translation take it? Then both make the same of it."""
    found = BATCHES[protocol].translate(body)
    if found is None:
        return False
    assert found == read_batch(body, protocol)
    return True


def otlp(body: Typed, protocol: Protocol = Protocol.BINARY) -> Any:
    """The request of a batch, which the check leaves as it is."""
    written = batch_to_otlp(write(protocol, body), protocol)
    assert written == read_batch(write(protocol, body), protocol)
    assert check_traces(written).payload == written
    return ExportTraceServiceRequest.FromString(written)


def values(attributes: Any) -> dict[str, Any]:
    """Attributes by key."""
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


FULL = span(
    3,
    trace_id=0x1234 << 64 | 0x5678,
    parent_id=-2,
    operationName=text("GET /ü"),
    flags=Typed(I32, 3),
    references=structs([reference(0, 0x1234 << 64 | 0x5678, 2**64 - 2), reference(1, 9, 4)]),
    tags=tags(span__kind="server", s="x", l=-5, d=0.25, b=True, y=b"\x00\xff", error=True),
    logs=structs([log(START_US + 5, event="cache miss", key="k")]),
    incomplete=Typed(BOOL, True),
)


@PROTOCOLS
def test_a_batch_has_everything_that_was_sent(protocol: Protocol) -> None:
    """Every field of every struct arrives, in both protocols alike."""
    request = otlp(batch([FULL], "shop", tags(hostname="h", ip="10.0.0.1")), protocol)
    (group,) = request.resource_spans
    assert values(group.resource.attributes) == {"service.name": "shop", "host.name": "h", "ip": "10.0.0.1"}
    (found,) = group.scope_spans[0].spans
    assert found.trace_id.hex() == "00000000000012340000000000005678"
    assert (found.span_id.hex(), found.parent_span_id.hex()) == ("0000000000000003", "fffffffffffffffe")
    assert (found.name, found.kind, found.flags, found.status.code) == ("GET /ü", 2, 1, 2)
    assert found.start_time_unix_nano == (START_US + 3) * 1000
    assert found.end_time_unix_nano == (START_US + 1_503) * 1000
    assert values(found.attributes) == {
        "s": "x",
        "l": -5,
        "d": 0.25,
        "b": True,
        "y": b"\x00\xff",
        "jaeger.debug": True,
        "jaeger.incomplete": True,
    }
    (event,) = found.events
    assert (event.time_unix_nano, event.name, values(event.attributes)) == (
        (START_US + 5) * 1000,
        "cache miss",
        {"key": "k"},
    )
    (link,) = found.links
    assert (link.trace_id.hex(), link.span_id.hex()) == (f"{9:032x}", f"{4:016x}")


@PROTOCOLS
def test_a_batch_without_spans_is_nothing(protocol: Protocol) -> None:
    """Some clients send one to see whether somebody listens."""
    assert batch_to_otlp(write(protocol, batch([])), protocol) == b""
    assert message_to_otlp(emit(protocol, batch([])), protocol) == b""


@PROTOCOLS
@given(ANY_BATCHES)
def test_compiled_code_makes_the_same_of_every_valid_batch(protocol: Protocol, body: Typed) -> None:
    """Any tags, logs and references, fields in any order, and unknown ones of any type."""
    assert is_compiled(write(protocol, body), protocol)


@PROTOCOLS
@settings(max_examples=150, deadline=None)
@given(ANY_BATCHES, st.integers(0, 2**64 - 1))
def test_compiled_code_takes_nothing_that_is_refused(protocol: Protocol, body: Typed, seed: int) -> None:
    """Of a damaged batch both make the same, or the compiled code doesn't know."""
    changed = noisy(write(protocol, body), random.Random(seed))
    found = BATCHES[protocol].translate(changed)
    try:
        expected = read_batch(changed, protocol)
    except InputRefused:
        expected = None
    assert found is None or found == expected


@pytest.mark.parametrize("kind", [14, 15])
def test_an_empty_list_of_no_type_is_refused_by_both(kind: int) -> None:
    """The compact protocol has no types 14 and 15, not even for nothing."""
    body = b"\x1c\x18\x00\x19\x0c\x00\x19" + bytes([kind]) + b"\x00"
    assert BATCHES[Protocol.COMPACT].translate(body) is None
    with pytest.raises(MalformedInput, match=f"there is no type {kind}"):
        read_batch(body, Protocol.COMPACT)


@pytest.mark.parametrize("decoder", _DECODERS, ids=lambda decoder: decoder.name)
def test_no_bytes_make_compiled_code_touch_other_memory(decoder: Decoder, tmp_path: Path) -> None:
    """Under sanitizers, thousands of broken bodies are translated as they are without."""
    assert decoder.compiled is not None
    choose = random.Random(1)
    bodies = decoder.bodies()
    bodies += [noisy(choose.choice(bodies), choose) for _ in range(1_500)]
    bodies += [bodies[0][:size] for size in range(len(bodies[0]))]
    source = ROOT / "src/clew/wire/jaeger_thrift.c"
    assert run_sanitized(source, decoder.compiled.function, bodies, tmp_path) == [
        decoder.compiled.translate(each) for each in bodies
    ]


@PROTOCOLS
@pytest.mark.parametrize("spans", [0, 1, 50, 1_000])
def test_batches_of_any_size_are_translated(protocol: Protocol, spans: int) -> None:
    """Also those above the size from which compiled code lets other threads run."""
    body = bench_batch(protocol, spans)
    assert is_compiled(body, protocol)
    assert (len(body) > GIL_KEPT_BYTES) == (spans == 1_000)
    assert check_traces(batch_to_otlp(body, protocol)).span_count == spans


@PROTOCOLS
def test_many_scopes_are_for_the_reference(protocol: Protocol) -> None:
    """Compiled code has room for 64 of them; with more the same comes out."""
    for count in (64, 65):
        spans = [span(number, tags=tags(otel__scope__name=f"library {number}")) for number in range(1, count + 1)]
        body = write(protocol, batch(spans))
        assert is_compiled(body, protocol) == (count == 64)
        assert (
            len(ExportTraceServiceRequest.FromString(batch_to_otlp(body, protocol)).resource_spans[0].scope_spans)
            == count
        )


def text_tag(value: bytes, key: bytes = b"key") -> dict[int, Typed]:
    """A tag of any bytes."""
    return {1: Typed(BINARY, key), 2: Typed(I32, 0), 3: Typed(BINARY, value)}


def test_text_that_is_no_utf8_is_kept() -> None:
    """Values as bytes, as Jaeger does; names and keys with the numbers of their bytes."""
    spans = [
        span(tags=structs([text_tag(b"a\xff"), text_tag(b"v", b"k\xfe")]), operationName=Typed(BINARY, b"GET \xfd"))
    ]
    found = otlp(batch(spans)).resource_spans[0].scope_spans[0].spans[0]
    assert (found.name, values(found.attributes)) == (r"GET \xfd", {"key": b"a\xff", r"k\xfe": "v"})


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({2: Typed(I32, 0)}, ""),
        ({2: Typed(I32, 1)}, 0.0),
        ({2: Typed(I32, 2)}, False),
        ({2: Typed(I32, 3)}, 0),
        ({2: Typed(I32, 4)}, b""),
        ({2: Typed(I32, 9), 6: Typed(I64, 5)}, 5),
        ({2: Typed(I32, -1), 3: Typed(BINARY, b"text")}, "text"),
        ({2: Typed(I32, 0), 3: Typed(BINARY, b"text"), 6: Typed(I64, 5)}, "text"),
    ],
)
def test_a_tag_has_the_value_of_its_type(sent: dict[int, Typed], expected: Any) -> None:
    """A value that was left out is that type's empty one; of an unknown type it is the one that is there."""
    body = batch([span(tags=structs([{1: text("key"), **sent}]))])
    (attribute,) = otlp(body).resource_spans[0].scope_spans[0].spans[0].attributes
    found = getattr(attribute.value, attribute.value.WhichOneof("value"))
    assert (found, type(found)) == (expected, type(expected))


def test_a_tag_of_an_unknown_type_without_a_value_stays_empty() -> None:
    """Nothing is invented for it."""
    body = batch([span(tags=structs([{1: text("key"), 2: Typed(I32, 9)}]))])
    (attribute,) = otlp(body).resource_spans[0].scope_spans[0].spans[0].attributes
    assert attribute.value.WhichOneof("value") is None


@pytest.mark.parametrize("start_us", [-1, 2**62])
def test_a_time_that_otlp_has_no_room_for_is_kept(start_us: int) -> None:
    """As text, in nanoseconds."""
    body = batch([span(startTime=Typed(I64, start_us))])
    found = otlp(body).resource_spans[0].scope_spans[0].spans[0]
    assert values(found.attributes)["jaeger.start_time_unix_nano"] == str(start_us * 1000)


@pytest.mark.parametrize("name", ["traceIdLow", "spanId", "operationName", "flags", "startTime", "duration"])
@PROTOCOLS
def test_a_span_that_lacks_a_field_is_refused(protocol: Protocol, name: str) -> None:
    """With its name; Jaeger refuses it too."""
    number = {"traceIdLow": 1, "spanId": 3, "operationName": 5, "flags": 7, "startTime": 8, "duration": 9}[name]
    made = {key: value for key, value in span().items() if key != number}
    with pytest.raises(MalformedInput, match=f"a Span has no {name}"):
        batch_to_otlp(write(protocol, batch([made])), protocol)


@PROTOCOLS
def test_a_batch_without_a_process_is_refused(protocol: Protocol) -> None:
    """It says whose spans these are."""
    with pytest.raises(MalformedInput, match="a Batch has no process"):
        batch_to_otlp(write(protocol, Typed(STRUCT, {2: structs([span()])})), protocol)


@PROTOCOLS
def test_what_follows_the_batch_is_refused(protocol: Protocol) -> None:
    """It would be lost."""
    with pytest.raises(MalformedInput, match="something follows"):
        batch_to_otlp(write(protocol, batch([span()])) + b"\0", protocol)


@PROTOCOLS
def test_too_many_values_are_refused(protocol: Protocol) -> None:
    """By compiled code as by the reference: small on the wire, large in memory."""
    tiny = {1: Typed(BINARY, b""), 2: Typed(I32, 0)}
    body = write(protocol, batch([span(tags=Typed(LIST, (STRUCT, [tiny] * (MAX_VALUES // 2))))]))
    with pytest.raises(InputTooLarge, match="smaller batches"):
        batch_to_otlp(body, protocol)


@PROTOCOLS
@pytest.mark.parametrize("kind", [1, 4])
def test_a_call_of_emit_batch_is_its_batch(protocol: Protocol, kind: int) -> None:
    """One way or with an answer expected, compiled or not."""
    body = batch([span(), FULL], process_tags=tags(ip="1.2.3.4"))
    call = write_call(protocol, "emitBatch", Typed(STRUCT, {1: body}), kind)
    expected = batch_to_otlp(write(protocol, body), protocol)
    assert MESSAGES[protocol].translate(call) == expected
    assert read_message(call, protocol) == expected


def test_the_old_head_of_a_message_is_read() -> None:
    """Without a version, as some clients for the binary protocol write it."""
    body = batch([span()])
    call = emit(Protocol.BINARY, body, is_strict=False)
    assert message_to_otlp(call, Protocol.BINARY) == batch_to_otlp(write(Protocol.BINARY, body))


@PROTOCOLS
def test_another_call_is_refused(protocol: Protocol) -> None:
    """The agent's other method has spans of Zipkin's, which no client sends any more."""
    call = write_call(protocol, "emitZipkinBatch", Typed(STRUCT, {1: structs([])}))
    with pytest.raises(UnsupportedInput, match="'emitZipkinBatch' isn't understood; send emitBatch"):
        message_to_otlp(call, protocol)
    answer = write_call(protocol, "emitBatch", Typed(STRUCT, {1: batch([span()])}), kind=2)
    with pytest.raises(MalformedInput, match="type 2 is no call"):
        message_to_otlp(answer, protocol)


@PROTOCOLS
def test_a_message_of_the_other_protocol_is_told_so(protocol: Protocol) -> None:
    """Whoever mixes up the two ports reads it in the log."""
    (other,) = set(Protocol) - {protocol}
    with pytest.raises(MalformedInput, match=f"no Thrift in the {protocol.value} protocol"):
        message_to_otlp(emit(other, batch([span()])), protocol)


@pytest.mark.parametrize("head", [struct.pack(">i", 1_000), b"\x80\x02\x00\x04", b""])
def test_a_message_without_a_head_is_refused(head: bytes) -> None:
    """A long name, another version, nothing."""
    with pytest.raises(MalformedInput, match="no Thrift"):
        message_to_otlp(head + bytes(50) if head else b"", Protocol.BINARY)


def test_a_tag_is_written_as_clients_do() -> None:
    """The samples of these tests are the bytes that a client of Jaeger's sends: a tag, byte by byte."""
    written = write(Protocol.COMPACT, Typed(STRUCT, tag("key", "value")))
    assert written == b"\x18\x03key\x15\x00\x18\x05value\x00"


@PROTOCOLS
def test_a_service_that_is_named_twice_has_one_name(protocol: Protocol) -> None:
    """Compiled code leaves the same tag out as the reference, and keeps one that says something else."""
    for service, said, names in (("shop", "shop", ["shop"]), ("shop", "cart", ["shop", "cart"]), ("", "", [""])):
        body = batch([span()], service, tags(service__name=said))
        assert is_compiled(write(protocol, body), protocol)
        attributes = otlp(body, protocol).resource_spans[0].resource.attributes
        assert [each.value.string_value for each in attributes] == names
