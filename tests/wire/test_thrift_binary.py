import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import ClewError, InputTooLarge, MalformedInput
from clew.wire.thrift_binary import (
    BINARY,
    BOOL,
    BYTE,
    DOUBLE,
    I16,
    I32,
    I64,
    LIST,
    MAP,
    MAX_DEPTH,
    SET,
    STRUCT,
    Schema,
    ThriftReader,
    text_of,
)
from tests.wire.zipkin_samples import thrift_list, thrift_struct, thrift_text

SCHEMA: Schema = {1: (I64, None), 2: (BINARY, None), 3: (STRUCT, {1: (BOOL, None)}), 4: (LIST, {1: (I16, None)})}
FIELDS = [
    (I64, 1, struct.pack(">q", -5)),
    (BINARY, 2, thrift_text("text")),
    (STRUCT, 3, thrift_struct((BOOL, 1, b"\1"))),
    (LIST, 4, thrift_list(thrift_struct((I16, 1, b"\0\7")), thrift_struct())),
]
READ = {1: -5, 2: b"text", 3: {1: True}, 4: [{1: 7}, {}]}
SKIPPED = [
    (BOOL, 20, b"\1"),
    (BYTE, 21, b"\1"),
    (DOUBLE, 22, bytes(8)),
    (I32, 1, bytes(4)),  # a known number of another type
    (BINARY, 23, thrift_text("other")),
    (STRUCT, 24, thrift_struct((STRUCT, 1, thrift_struct()))),
    (MAP, 25, bytes([BINARY, I32]) + struct.pack(">i", 1) + thrift_text("k") + bytes(4)),
    (SET, 26, bytes([I16]) + struct.pack(">i", 2) + bytes(4)),
    (LIST, 27, bytes([LIST]) + struct.pack(">i", 1) + bytes([BINARY]) + struct.pack(">i", 1) + thrift_text("x")),
    (LIST, 28, thrift_list()),
]


def test_fields_of_the_schema_are_read_and_others_skipped() -> None:
    """Of every type, also a known number that has another type."""
    body = thrift_struct(*SKIPPED, *FIELDS, *SKIPPED)
    reader = ThriftReader(body, 100)
    assert reader.read_struct(SCHEMA) == READ
    assert reader.at == len(body)
    reader.refuse_rest()


@given(st.integers(0, 300))
def test_a_body_that_is_cut_off_is_refused(length: int) -> None:
    """Wherever it ends."""
    body = thrift_struct(*SKIPPED, *FIELDS)
    with pytest.raises(MalformedInput):
        ThriftReader(body[: min(length, len(body) - 1)], 100).read_struct(SCHEMA)


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """Nothing else happens."""
    try:
        ThriftReader(body, 100).read_list(SCHEMA)
    except ClewError as error:
        assert str(error)  # noqa: PT017  # it may be refused or not


@pytest.mark.parametrize(
    "body",
    [
        bytes([99, 0, 1]),
        struct.pack(">bhi", BINARY, 2, -1),
        struct.pack(">bhbi", LIST, 4, I32, 1) + bytes(5),
        struct.pack(">bhbi", LIST, 4, STRUCT, 2**31 - 1),
        struct.pack(">bhbi", LIST, 9, 0, 5),
        struct.pack(">bhbbi", MAP, 9, 0, 0, 2**31 - 1),
    ],
)
def test_what_makes_no_sense_is_refused(body: bytes) -> None:
    """Unknown types, negative lengths, more items than bytes, a list of something else."""
    with pytest.raises(MalformedInput):
        ThriftReader(body, 100).read_struct(SCHEMA)


def test_bytes_behind_the_end_are_refused() -> None:
    """They would be lost."""
    reader = ThriftReader(thrift_list() + b"x", 100)
    assert reader.read_list(SCHEMA) == []
    with pytest.raises(MalformedInput, match="1 bytes"):
        reader.refuse_rest()


def test_depth_is_bounded() -> None:
    """Structs in structs, lists in lists."""
    for unit in (struct.pack(">bh", STRUCT, 9), bytes([LIST]) + struct.pack(">i", 1)):
        start = b"" if unit[0] == STRUCT else struct.pack(">bh", LIST, 9)
        with pytest.raises(MalformedInput, match="nested"):
            ThriftReader(start + unit * (MAX_DEPTH + 2) + bytes(200), 100).read_struct({})


def test_the_number_of_structs_is_bounded() -> None:
    """A struct may take one byte only."""
    body = thrift_list(*[thrift_struct()] * 100)
    assert len(ThriftReader(body, 100).read_list({})) == 100
    with pytest.raises(InputTooLarge):
        ThriftReader(body, 99).read_list({})


def test_text_is_never_refused() -> None:
    """What isn't UTF-8 is shown as such."""
    assert (text_of("ü".encode()), text_of(b"a\xff")) == ("ü", "a�")
