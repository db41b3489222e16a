import re
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.journal.record import KEY_BYTES, AppendResult, are_whole, complete_bytes, encode_record, read_records

PAGE = (Path(__file__).parents[2] / "docs" / "formats" / "journal.md").read_text(encoding="utf-8")
RECORDS = st.lists(st.tuples(st.binary(max_size=300), st.none() | st.binary(min_size=32, max_size=32)), max_size=6)
FIXED32, BYTES = 5, 2


def _example_of_the_page() -> bytes:
    match = re.search(r"```hex\n(.*?)```", PAGE, re.DOTALL)
    assert match is not None
    return bytes.fromhex("".join(line.split("   ")[0] for line in match[1].splitlines()))


def _varint_tag(number: int, wire_type: int) -> bytes:
    tag = number << 3 | wire_type
    return bytes([tag & 0x7F | 0x80, tag >> 7])


def _encode(payload: bytes, key: bytes | None = None) -> bytes:
    return b"".join(encode_record(payload, key))


def test_the_example_of_the_page_is_a_record() -> None:
    """The bytes that the format's page shows are read as one record, and written the same."""
    example = _example_of_the_page()
    (record,) = read_records(example)
    assert (record.offset, record.end, record.key) == (0, len(example), None)
    request = ExportTraceServiceRequest.FromString(record.payload)
    (attribute,) = request.resource_spans[0].resource.attributes
    assert (attribute.key, attribute.value.string_value) == ("service.name", "orders")
    assert _encode(record.payload) == example


def test_the_lengths_and_tags_of_the_page_are_those_written() -> None:
    """The page's trailer (6 bytes, or 41 with a key), its tags and field numbers are those of the code."""
    plain, keyed = encode_record(b"abc")[2], encode_record(b"abc", b"k" * 32)[2]
    lengths = re.search(r"\| (\d+), or (\d+) \| the trailer \|", PAGE)
    assert lengths is not None
    assert (len(plain), len(keyed)) == (int(lengths[1]), int(lengths[2]))
    tags = re.findall(r"\| `([0-9a-f ]+)` \| field (\d+), (fixed32|32 bytes) \|", PAGE)
    assert [(bytes.fromhex(tag), int(number)) for tag, number, _ in tags] == [
        (plain[:2], 1000),
        (keyed[:3], 1001),
        (keyed[35:37], 1002),
    ]
    assert plain[:2] == _varint_tag(1000, FIXED32)
    assert keyed[:3] == _varint_tag(1001, BYTES) + bytes([KEY_BYTES])
    assert keyed[35:37] == _varint_tag(1002, FIXED32)


def test_the_checksums_are_those_of_zlib() -> None:
    """The trailer ends in the CRC-32 of the payload, or of the payload and all else before it."""
    plain, keyed = encode_record(b"abc")[2], encode_record(b"abc", b"k" * 32)[2]
    assert plain[2:] == zlib.crc32(b"abc").to_bytes(4, "little")
    assert keyed[-4:] == zlib.crc32(b"abc" + keyed[:37]).to_bytes(4, "little")


@pytest.mark.parametrize("request_type", [ExportTraceServiceRequest, ExportLogsServiceRequest])
def test_otlp_does_not_use_the_numbers_of_the_trailer(request_type: type[ExportTraceServiceRequest]) -> None:
    """A protobuf reader takes the trailer for unknown fields, so the request comes out unchanged."""
    assert not {1000, 1001, 1002} & {field.number for field in request_type.DESCRIPTOR.fields}
    payload = request_type().SerializeToString()
    for key in (None, b"k" * 32):
        message = request_type.FromString(b"".join(encode_record(payload, key)[1:]))
        message.DiscardUnknownFields()
        assert message.SerializeToString() == payload


@given(records=RECORDS)
def test_records_come_back_as_written(records: list[tuple[bytes, bytes | None]]) -> None:
    """Any payloads and keys, one behind the other, are read back in order, each with its place."""
    encoded = [_encode(payload, key) for payload, key in records]
    found = list(read_records(b"".join(encoded)))
    assert [(record.payload, record.key) for record in found] == records
    assert [record.end - record.offset for record in found] == list(map(len, encoded))


@pytest.mark.parametrize("key", [None, b"k" * 32])
def test_a_torn_record_is_not_read(key: bytes | None) -> None:
    """Cut at any byte, the last record is gone and the one before it stays."""
    first, last = _encode(b"first"), _encode(b"x" * 200, key)
    for length in range(len(last)):
        assert [record.payload for record in read_records(first + last[:length])] == [b"first"]
    assert len(list(read_records(first + last))) == 2


@pytest.mark.parametrize("key", [None, b"k" * 32])
def test_a_flipped_bit_is_noticed(key: bytes | None) -> None:
    """Whichever bit of a record flips, the record is not read; nothing else is read in its place."""
    first, last = _encode(b"first"), _encode(b"payload " * 20, key)
    for bit in range(8 * len(last)):
        damaged = bytearray(last)
        damaged[bit // 8] ^= 1 << bit % 8
        assert [record.payload for record in read_records(first + damaged)] == [b"first"], bit


@pytest.mark.parametrize("key", [None, b"k" * 32])
def test_whichever_bit_flips_the_records_behind_are_read(key: bytes | None) -> None:
    """A bit that flips in the length, the payload or the trailer costs that record, and none before or behind it."""
    first, middle, last = _encode(b"first"), _encode(b"payload " * 20, key), _encode(b"last", key)
    for bit in range(8 * len(middle)):
        damaged = bytearray(middle)
        damaged[bit // 8] ^= 1 << bit % 8
        records = list(read_records(first + damaged + last))
        assert [record.payload for record in records] == [b"first", b"last"], bit
        assert not are_whole(records, len(first + damaged + last))


@given(records=RECORDS, holes=st.lists(st.tuples(st.integers(0), st.integers(1, 50)), max_size=3))
def test_damage_never_shows_what_was_not_written(
    records: list[tuple[bytes, bytes | None]], holes: list[tuple[int, int]]
) -> None:
    """Zeros over any stretches leave only records that were written; each that follows an intact one is found."""
    content = bytearray(b"".join(_encode(payload, key) for payload, key in records))
    intact = list(read_records(bytes(content)))
    for at, length in holes:
        begin = at % (len(content) + 1)
        content[begin : begin + length] = bytes(len(content[begin : begin + length]))
    found = list(read_records(bytes(content)))
    places = {record.offset: record for record in intact}
    assert all(places.get(record.offset) == record for record in found)
    untouched = [content[each.offset : each.end] == _encode(each.payload, each.key) for each in intact]
    behind_intact = {
        each.offset for each, *both in zip(intact, untouched, [True, *untouched], strict=False) if all(both)
    }
    assert behind_intact <= {record.offset for record in found}
    assert are_whole(found, len(content)) == (len(found) == len(intact))


def test_a_record_inside_a_damaged_payload_is_not_read() -> None:
    """While the length of a damaged record is right, nothing inside it is taken for a record."""
    inner = b"x" + _encode(b"inner") + b"y"
    damaged = bytearray(_encode(inner))
    damaged[1] ^= 1
    assert [record.payload for record in read_records(bytes(damaged) + _encode(b"behind"))] == [b"behind"]


def test_only_a_torn_record_is_beyond_the_complete_ones() -> None:
    """A damaged last record is complete, one that is cut short is not, and neither are zeros."""
    first, damaged = _encode(b"first"), bytearray(_encode(b"second"))
    damaged[3] ^= 1
    for tail in (b"", first[:-1], bytes(100)):
        segment = first + bytes(damaged) + tail
        assert complete_bytes(segment, list(read_records(segment))) == len(first) + len(damaged)


def test_a_payload_that_ends_like_a_trailer_changes_nothing() -> None:
    """Only the record's own last bytes tell whether it has a key."""
    for inner in (encode_record(b"a", b"k" * 32)[2], encode_record(b"a")[2]):
        for key in (None, b"q" * 32):
            (record,) = read_records(_encode(b"a" + inner, key))
            assert (record.payload, record.key) == (b"a" + inner, key)


@pytest.mark.parametrize("key", [b"", b"k" * 31, b"k" * 33])
def test_a_key_of_another_length_is_refused(key: bytes) -> None:
    """A key has 32 bytes."""
    with pytest.raises(ValueError, match="32 bytes"):
        encode_record(b"", key)


@given(noise=st.binary(max_size=200))
def test_noise_holds_no_record(noise: bytes) -> None:
    """Arbitrary bytes are never an error, and (but for a chance of one in four billion) no record either."""
    assert list(read_records(noise)) == []


def test_a_length_beyond_the_limit_is_no_record() -> None:
    """A length of over 1 GiB, or one that doesn't end, is taken for damage."""
    assert list(read_records(b"\xff\xff\xff\xff\x0f" + bytes(100))) == []
    assert list(read_records(b"\x80" * 100)) == []


def test_the_results_are_two() -> None:
    """An append that is durable was stored now or before."""
    assert {result.value for result in AppendResult} == {"stored", "repeated"}
