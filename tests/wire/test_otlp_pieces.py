import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import InputTooLarge, MalformedInput
from clew.wire.otlp_pieces import PIECE_BYTES, PieceWalk, read_fields, read_varint, write_varint
from clew.wire.otlp_signals import TRACES
from tests.wire.otlp_samples import make_request


class _Recorder:
    """Keeps every piece, and says of each that it may stay."""

    def __init__(self) -> None:
        self.pieces: list[tuple[bytes, int]] = []
        self.refused = 0
        self.own_bytes: list[int] = []

    def clean_piece(self, encoded: bytes, level: int) -> bytes:
        self.pieces.append((encoded, level))
        return encoded

    def refuse_record(self) -> None:
        self.refused += 1

    def open_group(self) -> int:
        return 0

    def close_group(self, own_bytes: int, opened: int) -> None:
        self.own_bytes.append(own_bytes)


@given(st.integers(0, 2**64 - 1))
def test_varints_are_read_as_written(value: int) -> None:
    """Every number is read back, with the offset past it."""
    encoded = write_varint(value)
    assert read_varint(b"\x01" + encoded + b"\x01", 1) == (value, 1 + len(encoded))
    assert read_varint(encoded, 0) == (value, len(encoded))


@pytest.mark.parametrize("encoded", [b"", b"\x80", b"\xff" * 9, b"\xff" * 11])
def test_a_broken_varint_is_malformed(encoded: bytes) -> None:
    """A number that is cut off or has no end raises MalformedInput."""
    with pytest.raises(MalformedInput):
        read_varint(encoded, 0)


def test_fields_of_every_wire_type_are_read() -> None:
    """Varint, fixed and length-delimited fields are told apart and measured, long tags included."""
    data = b"\x08\x96\x01" + b"\x11" + bytes(8) + b"\x1a\x03abc" + b"\x25" + bytes(4) + b"\xfa\x3f\x00"
    fields = list(read_fields(data, 0, len(data)))
    assert [(field.number, field.wire_type) for field in fields] == [(1, 0), (2, 1), (3, 2), (4, 5), (1023, 2)]
    assert data[fields[2].content : fields[2].end] == b"abc"
    assert fields[-1].end == len(data)


@pytest.mark.parametrize("data", [b"\x0a\x05abc", b"\x11\x00", b"\x25\x00", b"\x0b", b"\x0c", b"\x0f", b"\x08"])
def test_broken_fields_are_malformed(data: bytes) -> None:
    """A field that ends behind its message, or a group, raises MalformedInput."""
    with pytest.raises(MalformedInput):
        list(read_fields(data, 0, len(data)))


def test_pieces_are_small_whole_and_complete() -> None:
    """A large request is seen in pieces that parse on their own and hold every span once."""
    body = make_request(5000).SerializeToString()
    recorder = _Recorder()
    assert PieceWalk(body, recorder, 2**20).clean() == body
    assert max(len(encoded) for encoded, _ in recorder.pieces) <= PIECE_BYTES
    messages: list[tuple[Message, int]] = [
        (TRACES.messages[level].FromString(encoded), level) for encoded, level in recorder.pieces
    ]
    spans = [len(TRACES.records_of(scope)) for message, level in messages for scope in TRACES.scopes(message, level)]
    assert sum(spans) == 5000
    assert len(spans) > 3


def test_the_bytes_of_resource_and_scope_are_reported() -> None:
    """Every group says how long its resource or scope was, the innermost first."""
    request = make_request(5000)
    request.resource_spans[0].scope_spans[0].scope.name = "library"
    resource_bytes = request.resource_spans[0].resource.ByteSize()
    scope_bytes = request.resource_spans[0].scope_spans[0].scope.ByteSize()
    recorder = _Recorder()
    PieceWalk(request.SerializeToString(), recorder, 2**20).clean()
    assert recorder.own_bytes == [scope_bytes, resource_bytes, 0]


def test_a_large_record_is_refused_and_a_large_resource_is_too_large() -> None:
    """A record over the limit is cut out alone; a resource over it refuses the request."""
    request = make_request(2)
    plain = request.SerializeToString()
    request.resource_spans[0].scope_spans[0].spans.add(name="x" * PIECE_BYTES)
    recorder = _Recorder()
    assert PieceWalk(request.SerializeToString(), recorder, PIECE_BYTES - 1).clean() == plain
    assert recorder.refused == 1
    request.resource_spans[0].resource.attributes.add(key="x" * PIECE_BYTES)
    with pytest.raises(InputTooLarge, match="resource or scope"):
        PieceWalk(request.SerializeToString(), _Recorder(), PIECE_BYTES - 1).clean()
