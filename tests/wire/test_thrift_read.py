import contextlib
import struct
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import InputTooLarge, MalformedInput
from clew.wire.jaeger_thrift import Protocol
from clew.wire.thrift_read import (
    BINARY,
    BOOL,
    DOUBLE,
    I8,
    I16,
    I32,
    I64,
    LIST,
    MAX_DEPTH,
    MAX_VALUES,
    STRUCT,
    BinaryInput,
    CompactInput,
    Field,
    Struct,
    ThriftInput,
)
from tests.wire.jaeger_samples import ANY_TYPED
from tests.wire.thrift_writer import Typed, write

PROTOCOLS = pytest.mark.parametrize("protocol", Protocol, ids=lambda protocol: protocol.value)
INPUTS: Mapping[Protocol, type[ThriftInput]] = {Protocol.BINARY: BinaryInput, Protocol.COMPACT: CompactInput}
INNER = Struct("Inner", {1: Field("number", I64)}, dict)
SCALARS = {
    1: Field("i8", I8),
    2: Field("i16", I16),
    3: Field("i32", I32),
    4: Field("i64", I64),
    5: Field("double", DOUBLE),
    6: Field("bool", BOOL),
    7: Field("binary", BINARY),
    8: Field("inner", STRUCT, inner=INNER),
    9: Field("inners", LIST, inner=INNER),
    300: Field("far", I32),
}
OUTER = Struct("Outer", SCALARS, dict)
VALUES: dict[int, st.SearchStrategy[Any]] = {
    1: st.integers(-(2**7), 2**7 - 1),
    2: st.integers(-(2**15), 2**15 - 1),
    3: st.integers(-(2**31), 2**31 - 1),
    4: st.integers(-(2**63), 2**63 - 1),
    5: st.floats(allow_nan=False),
    6: st.booleans(),
    7: st.binary(max_size=200),
    300: st.integers(-(2**31), 2**31 - 1),
}


def read(protocol: Protocol, data: bytes, wanted: Struct = OUTER) -> Any:
    """What is made of the data."""
    return INPUTS[protocol](data).read_struct(wanted)


def outer(values: dict[int, Any]) -> Typed:
    """A struct with the fields of OUTER."""
    return Typed(STRUCT, {number: Typed(SCALARS[number].kind, value) for number, value in values.items()})


@PROTOCOLS
@given(st.fixed_dictionaries({}, optional=VALUES), st.randoms())
def test_every_type_comes_back(protocol: Protocol, values: dict[int, Any], random: Any) -> None:
    """Fields of every type, in any order and however far their numbers are apart."""
    numbers = list(values)
    random.shuffle(numbers)
    shuffled = {number: values[number] for number in numbers}
    assert read(protocol, write(protocol, outer(shuffled))) == {SCALARS[key].name: each for key, each in values.items()}


@PROTOCOLS
@pytest.mark.parametrize("count", [0, 1, 14, 15, 200])
def test_structs_and_lists_of_them_are_read(protocol: Protocol, count: int) -> None:
    """Short lists and those whose length is written apart."""
    items = [{1: Typed(I64, each - 7)} for each in range(count)]
    body = write(protocol, Typed(STRUCT, {8: Typed(STRUCT, {1: Typed(I64, 5)}), 9: Typed(LIST, (STRUCT, items))}))
    assert read(protocol, body) == {"inner": {"number": 5}, "inners": [{"number": each - 7} for each in range(count)]}


@PROTOCOLS
@given(st.integers(10, 2**15 - 1).filter(lambda number: number != 300), ANY_TYPED)
def test_what_nobody_asks_for_is_skipped(protocol: Protocol, number: int, unknown: Typed) -> None:
    """An unknown field of any type and depth changes nothing."""
    body = write(protocol, Typed(STRUCT, {number: unknown, 4: Typed(I64, -1)}))
    assert read(protocol, body) == {"i64": -1}


@PROTOCOLS
def test_a_known_field_of_another_type_is_skipped(protocol: Protocol) -> None:
    """As Thrift's own readers do; a required one is then missing."""
    body = write(protocol, Typed(STRUCT, {4: Typed(BINARY, b"text"), 3: Typed(I32, 3)}))
    assert read(protocol, body) == {"i32": 3}
    needed = Struct("Needed", {4: Field("i64", I64, is_required=True)}, dict)
    with pytest.raises(MalformedInput, match="Needed has no i64"):
        read(protocol, body, needed)


@PROTOCOLS
def test_the_last_of_a_repeated_field_counts(protocol: Protocol) -> None:
    """A field that comes twice has its last value."""
    one, other = (write(protocol, Typed(STRUCT, {1: Typed(I64, value)})) for value in (1, 2))
    if protocol is Protocol.BINARY:
        assert read(protocol, one[:-1] + other, INNER) == {"number": 2}
    else:  # the number of the second can't be written as a difference
        assert read(protocol, one[:-1] + b"\x06\x02" + other[1:], INNER) == {"number": 2}


@PROTOCOLS
@given(st.binary(max_size=60))
def test_no_bytes_do_harm(protocol: Protocol, body: bytes) -> None:
    """Any bytes are read or refused: another exception would end the test."""
    with contextlib.suppress(MalformedInput):
        assert isinstance(read(protocol, body), dict)


@PROTOCOLS
def test_a_body_that_is_cut_off_is_refused(protocol: Protocol) -> None:
    """Wherever it ends too early."""
    body = write(protocol, outer({4: 2**40, 5: 0.5, 7: b"binary", 6: True, 2: 300}))
    for size in range(len(body)):
        with pytest.raises(MalformedInput, match="send it whole"):
            read(protocol, body[:size])


@pytest.mark.parametrize(
    "body",
    [
        struct.pack(">BhBi", LIST, 9, STRUCT, 2**31 - 1),
        struct.pack(">BhBi", LIST, 9, STRUCT, -1),
        struct.pack(">BhBi", LIST, 20, I64, 2**30),
        struct.pack(">BhBBi", 13, 20, I64, I64, 2**30),
    ],
)
def test_a_list_is_not_made_by_a_size_that_was_only_declared(body: bytes) -> None:
    """More elements than there are bytes can't come."""
    with pytest.raises(MalformedInput, match="longer than the body"):
        read(Protocol.BINARY, body)


def test_a_list_longer_than_the_body_is_refused_in_the_compact_protocol_too() -> None:
    """Its length is a varint there."""
    with pytest.raises(MalformedInput, match="longer than the body"):
        read(Protocol.COMPACT, b"\x99\xfc\xff\xff\xff\x7f")


@PROTOCOLS
def test_a_list_of_another_type_is_refused(protocol: Protocol) -> None:
    """Its elements aren't what the definition says; an empty list has none."""
    with pytest.raises(MalformedInput, match="elements of the list inners"):
        read(protocol, write(protocol, Typed(STRUCT, {9: Typed(LIST, (I64, [1, 2]))})))
    assert read(protocol, write(protocol, Typed(STRUCT, {9: Typed(LIST, (I64, []))}))) == {"inners": []}


@PROTOCOLS
def test_nesting_is_bounded(protocol: Protocol) -> None:
    """Unknown structs within structs, and lists within lists, end at a depth."""
    inner: Typed = Typed(STRUCT, {20: Typed(I8, 1)})
    for _ in range(MAX_DEPTH):
        inner = Typed(STRUCT, {20: inner})
    with pytest.raises(MalformedInput, match="levels deep"):
        read(protocol, write(protocol, inner))
    for _ in range(MAX_DEPTH):
        inner = Typed(LIST, (inner.kind, [inner.value]))
    with pytest.raises(MalformedInput, match="levels deep"):
        read(protocol, write(protocol, Typed(STRUCT, {20: inner})))


@PROTOCOLS
@pytest.mark.parametrize("number", [9, 20])
def test_the_number_of_values_is_bounded(protocol: Protocol, number: int) -> None:
    """Half a million empty structs in as many bytes are too many, wanted or not."""
    stops = bytes(MAX_VALUES // 2 + 1)
    head = write(protocol, Typed(STRUCT, {number: Typed(LIST, (STRUCT, [{}] * len(stops)))}))
    with pytest.raises(InputTooLarge, match="smaller batches"):
        read(protocol, head)


@pytest.mark.parametrize("body", [b"\x1e", b"\x1f", b"\x99\x1e", b"\x16" + b"\x80" * 11])
def test_what_the_compact_protocol_has_no_type_for_is_refused(body: bytes) -> None:
    """There are thirteen types; and numbers have at most ten bytes."""
    with pytest.raises(MalformedInput, match="no Thrift"):
        read(Protocol.COMPACT, body)


@pytest.mark.parametrize("kind", [1, 5, 7, 9, 17, 255])
def test_what_the_binary_protocol_has_no_type_for_is_refused(kind: int) -> None:
    """Whoever sends something else sends a byte that is no type."""
    with pytest.raises(MalformedInput, match=f"no type {kind}"):
        read(Protocol.BINARY, struct.pack(">Bh", kind, 1) + bytes(20))
