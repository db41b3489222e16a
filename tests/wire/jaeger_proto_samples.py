"""Jaeger's protobuf for tests, made of the same batches as its Thrift (jaeger_samples.py)."""

from typing import Any

from google.protobuf.message_factory import GetMessageClass

from clew.wire.jaeger_batch import CHILD_OF
from clew.wire.jaeger_proto import POOL
from clew.wire.thrift_read import I32, STRUCT
from tests.wire.otlp_mutations import delimited
from tests.wire.thrift_writer import Typed

_TAG_KINDS = {0: 0, 1: 3, 2: 1, 3: 2, 4: 4}  # Thrift's numbers of types to protobuf's
_TAG_FIELDS = {3: "text", 4: "double", 5: "flag", 6: "integer", 7: "binary"}


def message(name: str, **fields: Any) -> Any:
    """A message of model.proto."""
    return GetMessageClass(POOL.FindMessageTypeByName(f"clew.jaeger.{name}"))(**fields)


def request(spans: list[Any], process: Any = None) -> bytes:
    """A PostSpansRequest."""
    return request_of([each.SerializeToString() for each in spans], process and process.SerializeToString())


def request_of(spans: list[bytes], process: bytes | None = None) -> bytes:
    """The same of encoded messages."""
    batch = b"".join(delimited(1, each) for each in spans) + (b"" if process is None else delimited(2, process))
    return delimited(1, batch)


def as_request(batch: Typed) -> bytes:
    """The batch of Thrift as Jaeger's agent would pass it on."""
    process, spans = batch.value[1].value, batch.value[2].value[1]
    return request([as_span(each) for each in spans], as_process(process))


def as_process(process: dict[int, Typed]) -> Any:
    """A Process of Thrift."""
    tags = [as_tag(each) for each in _items(process, 2)]
    return message("Process", service_name=process[1].value, tags=tags)


def as_span(span: dict[int, Typed]) -> Any:
    """A Span of Thrift."""
    made = message(
        "Span",
        trace_id=_number(span[2].value) + _number(span[1].value),
        span_id=_number(span[3].value),
        operation_name=span[5].value,
        flags=span[7].value & 2**32 - 1,
        start_time=as_moment(span[8].value),
        duration=as_moment(span[9].value),
        tags=[as_tag(each) for each in _items(span, 10)],
    )
    for each in _references(span):
        ids = {"trace_id": _number(each[3].value) + _number(each[2].value), "span_id": _number(each[4].value)}
        made.references.add(kind=each[1].value, **ids)
    for each in _items(span, 11):
        made.logs.add(timestamp=as_moment(each[1].value), fields=[as_tag(tag) for tag in _items(each, 2)])
    return made


def _references(span: dict[int, Typed]) -> list[dict[int, Typed]]:
    """The parent goes first, and once: protobuf has no field for it."""
    references = _items(span, 6)
    if not span[4].value:
        return references
    parent = {1: Typed(I32, CHILD_OF), 2: span[1], 3: span[2], 4: span[4]}
    if parent in references:
        references.remove(parent)
    return [parent, *references]


def as_moment(us: int) -> Any:
    """A Timestamp or Duration."""
    return message("Moment", seconds=us // 1_000_000, nanos=us % 1_000_000 * 1_000)


def as_tag(tag: dict[int, Typed]) -> Any:
    """A Tag of Thrift."""
    made = message("KeyValue", key=tag[1].value, kind=_TAG_KINDS[tag[2].value])
    for number, name in _TAG_FIELDS.items():
        if number in tag:
            setattr(made, name, tag[number].value)
    return made


def _items(fields: dict[int, Typed], number: int) -> list[dict[int, Typed]]:
    if number not in fields:
        return []
    kind, items = fields[number].value
    assert kind == STRUCT
    return list(items)


def _number(signed: int) -> bytes:
    return signed.to_bytes(8, "big", signed=True)
