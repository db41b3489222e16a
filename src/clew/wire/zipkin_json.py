"""Zipkin v2 JSON, a list of spans, to OTLP bytes; the schema is zipkin2-api.yaml of openzipkin/zipkin-api."""

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

import msgspec

from clew.errors import InputTooLarge, MalformedInput
from clew.wire.compiled_translation import Translation
from clew.wire.otlp_json import decode_json
from clew.wire.otlp_json_scalars import INT64
from clew.wire.zipkin_otlp import zipkin_to_otlp
from clew.wire.zipkin_span import (
    KIND_NAMES,
    MAX_ITEMS,
    UNSPECIFIED,
    Annotation,
    Endpoint,
    TagValue,
    ZipkinSpan,
    microseconds,
    parent_id_of_hex,
    port,
    refuse_many,
    span_id_of_hex,
    trace_id_of_hex,
)

Number: TypeAlias = int | float | str

_From = TypeVar("_From")
_To = TypeVar("_To")


class JsonEndpoint(msgspec.Struct, rename="camel", gc=False):
    """An endpoint of v1 and v2."""

    service_name: str | None = None
    ipv4: str | None = None
    ipv6: str | None = None
    port: Number | None = None


class JsonAnnotation(msgspec.Struct, gc=False):
    """An annotation of v2."""

    timestamp: Number
    value: str


class JsonSpan(msgspec.Struct, rename="camel"):
    """A span of v2; members that aren't here are skipped, as Zipkin does."""

    trace_id: str
    id: str
    parent_id: str | None = None
    kind: str | None = None
    name: str | None = None
    timestamp: Number | None = None
    duration: Number | None = None
    local_endpoint: JsonEndpoint | None = None
    remote_endpoint: JsonEndpoint | None = None
    annotations: list[JsonAnnotation] | None = None
    tags: dict[str, str | bool | int | float | None] | None = None
    debug: bool | None = None
    shared: bool | None = None


COMPILED = Translation("zipkin_json", "clew_zipkin_json_to_otlp")
_DECODER = msgspec.json.Decoder(list[JsonSpan])


def zipkin_json_to_otlp(body: bytes) -> bytes:
    """An encoded ExportTraceServiceRequest; no bytes for an empty list or an empty body, which Zipkin takes too.

    Raises MalformedInput for the whole list, naming the path where something is wrong, and InputTooLarge.
    """
    found = COMPILED.translate(body)
    return zipkin_json_by_parsing(body) if found is None else found


def zipkin_json_by_parsing(body: bytes) -> bytes:
    """The same by Python alone: it decides where the compiled translation doesn't know."""
    return zipkin_to_otlp(read_all(decode_spans(body, _DECODER, "v2"), _read_span)) if body else b""


def decode_spans(body: bytes, decoder: "msgspec.json.Decoder[list[_From]]", version: str) -> list[_From]:
    """The spans of a list in one of the two versions. Raises MalformedInput and InputTooLarge."""
    refuse_many_objects(body)
    try:
        return decode_json(body, decoder)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise MalformedInput(f"the body is no list of Zipkin {version} spans: {error}") from error


def refuse_many_objects(body: bytes) -> None:
    """Raises InputTooLarge before a hostile body is parsed."""
    if body.count(b"{") > MAX_ITEMS:
        raise InputTooLarge(f"the body has more than {MAX_ITEMS} JSON objects; send smaller lists")


def read_all(spans: Sequence[_From], read: Callable[[_From], list[ZipkinSpan]]) -> list[ZipkinSpan]:
    """What `read` makes of each span; a MalformedInput gets the place in the list."""
    found: list[ZipkinSpan] = []
    for index, span in enumerate(spans):
        try:
            found += read(span)
        except MalformedInput as error:
            raise MalformedInput(f"the whole list is refused: $[{index}].{error}") from None
    refuse_many(sum([1 + len(span.annotations) + len(span.tags) for span in found]))
    return found


def read_field(name: str, read: Callable[[_From], _To], value: _From) -> _To:
    """`read(value)`; a MalformedInput gets the name."""
    try:
        return read(value)
    except MalformedInput as error:
        raise MalformedInput(f"{name}: {error}") from None


def _read_span(span: JsonSpan) -> list[ZipkinSpan]:
    read = ZipkinSpan(
        trace_id=read_field("traceId", trace_id_of_hex, span.trace_id),
        span_id=read_field("id", span_id_of_hex, span.id),
        parent_id=read_field("parentId", parent_id_of_hex, span.parent_id),
        kind=read_field("kind", _kind, span.kind),
        name=span.name or "",
        timestamp_us=read_field("timestamp", microseconds, span.timestamp),
        duration_us=read_field("duration", microseconds, span.duration),
        local=read_field("localEndpoint", read_endpoint, span.local_endpoint),
        remote=read_field("remoteEndpoint", read_endpoint, span.remote_endpoint),
        annotations=read_field("annotations", _annotations, span.annotations or []),
        tags=read_field("tags", _tags, span.tags or {}),
        is_debug=bool(span.debug),
        is_shared=bool(span.shared),
    )
    return [read]


def read_endpoint(endpoint: JsonEndpoint | None) -> Endpoint:
    """An endpoint of which nothing is known for None; raises MalformedInput for a port that is none."""
    if endpoint is None:
        return Endpoint()
    return Endpoint(endpoint.service_name or "", endpoint.ipv4 or "", endpoint.ipv6 or "", port(endpoint.port))


def _kind(name: str | None) -> int:
    if not name:
        return UNSPECIFIED
    kind = KIND_NAMES.get(name.upper())
    if kind is None:
        raise MalformedInput(f"{name[:40]!r} is no kind; there are {', '.join(KIND_NAMES)}")
    return kind


def _annotations(given: list[JsonAnnotation]) -> list[Annotation]:
    return [Annotation(microseconds(each.timestamp), each.value) for each in given]


def _tags(given: dict[str, str | bool | int | float | None]) -> dict[str, TagValue]:
    """Tags are strings; a number or a boolean keeps its type, and null is no value."""
    tags: dict[str, TagValue] = {}
    for key, value in given.items():
        if isinstance(value, int) and value not in INT64:
            raise MalformedInput(f"{key[:40]!r} has a number beyond 64 bits; send it as text")
        if value is not None:
            tags[key] = value
    return tags
