"""Requests joined to batches of a few MiB: fewer round trips, and keys that are the same in every run.

OTLP requests have one repeated field each, so that the bytes of two, one after the other, are the request with the
content of both.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from clew.terminal.telemetry_file import METRICS, Request
from clew.wire.otlp_pieces import REQUEST, SCOPE_GROUP, Field, read_fields, write_varint

# A change of this figure changes where batches end and thus their keys: files imported before would be taken for new.
BATCH_BYTES = 4 << 20
_CHILD_FIELD = (1, 2, 2)
_MAX_HEADER_BYTES = 6  # a tag, and the length of anything that fits into a message


@dataclass(frozen=True, slots=True)
class Batch:
    """One POST: the signal and the protobuf of its request."""

    signal: str
    body: bytes

    def key(self, salt: bytes = b"") -> str:
        """The Idempotency-Key of this content; another salt makes it another import of the same content."""
        return blake2b(self.body, digest_size=32, salt=salt).hexdigest()


def batch_requests(requests: Iterable[Request], batch_bytes: int = BATCH_BYTES) -> Iterator[Batch]:
    """Batches of at most `batch_bytes`; a larger request is split, down to a single record.

    Where a batch ends depends on the requests alone: the same file gives the same batches.
    """
    waiting: list[bytes] = []
    signal, size = "", 0
    for request in requests:
        if request.signal == METRICS:  # nothing to send, only to count
            yield Batch(METRICS, b"")
            continue
        for piece in split_request(request.payload, batch_bytes):
            if waiting and (request.signal != signal or size + len(piece) > batch_bytes):
                yield Batch(signal, b"".join(waiting))
                waiting, size = [], 0
            waiting.append(piece)
            signal, size = request.signal, size + len(piece)
    if size:
        yield Batch(signal, b"".join(waiting))


def split_request(payload: bytes, most_bytes: int) -> Iterator[bytes]:
    """The request in parts of at most `most_bytes`; a record that is larger is alone in its part.

    Each part is a request with the resource and scope of its records.
    """
    if len(payload) <= most_bytes:
        yield payload
    else:
        yield from _split(payload, 0, len(payload), REQUEST, most_bytes)


def _split(data: bytes, start: int, end: int, level: int, most_bytes: int) -> Iterator[bytes]:
    """Messages of that level with the content of data[start:end]; each repeats what isn't a child (the resource)."""
    fields = list(read_fields(data, start, end))
    children = [field for field in fields if field.number == _CHILD_FIELD[level]]
    own = b"".join(data[field.start : field.end] for field in fields if field.number != _CHILD_FIELD[level])
    run: list[bytes] = []
    size = len(own)
    for child in children:
        for piece in _child_pieces(data, child, level, most_bytes - len(own)):
            if run and size + len(piece) > most_bytes:
                yield own + b"".join(run)
                run, size = [], len(own)
            run.append(piece)
            size += len(piece)
    if run or own:
        yield own + b"".join(run)


def _child_pieces(data: bytes, child: Field, level: int, most_bytes: int) -> Iterator[bytes]:
    if level == SCOPE_GROUP or child.end - child.start <= most_bytes:
        yield data[child.start : child.end]
        return
    tag = write_varint(_CHILD_FIELD[level] << 3 | 2)
    for inner in _split(data, child.content, child.end, level + 1, most_bytes - _MAX_HEADER_BYTES):
        yield tag + write_varint(len(inner)) + inner
