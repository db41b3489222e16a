"""Jaeger's spans as OTLP; the mapping is a table in docs/formats/jaeger.md.

The rules are those of OpenTelemetry (its specification for exporters, read backwards, and the translator of its
collector), and where those would lose something it stays an attribute.
"""

from typing import Any, TypeAlias

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.wire.jaeger_batch import CHILD_OF, FOLLOWS_FROM, JaegerSpan, Log, Process, Reference, Tag, TagValue
from clew.wire.jaeger_tags import SpanTags

_SAMPLED, _DEBUG = 1, 2
_REFERENCES = {CHILD_OF: "child_of", FOLLOWS_FROM: "follows_from"}
_PROCESS_KEYS = {"hostname": "host.name"}
_END_OF_TIME = 2**64

Scope: TypeAlias = tuple[str, str]


class OtlpWriter:
    """Takes spans one by one, each with its process, and groups them by process and scope."""

    def __init__(self) -> None:
        self._request = ExportTraceServiceRequest()
        self._processes: dict[object, Any] = {}
        self._scopes: dict[tuple[object, Scope], Any] = {}

    def add(self, span: JaegerSpan, process: Process | None, process_key: object) -> None:
        """A span; `process_key` is equal for those that share a process."""
        tags = SpanTags(span.tags)
        scope = tags.scope()
        spans = self._scopes.get((process_key, scope))
        if spans is None:
            spans = self._scopes[process_key, scope] = self._open_scope(scope, process, process_key)
        _put_span(spans.add(), span, tags)

    def encoded(self) -> bytes:
        """The ExportTraceServiceRequest."""
        encoded: bytes = self._request.SerializeToString()
        return encoded

    def _open_scope(self, scope: Scope, process: Process | None, process_key: object) -> Any:
        group = self._processes.get(process_key)
        if group is None:
            group = self._processes[process_key] = self._request.resource_spans.add()
            if process is not None:
                _put_process(group.resource, process)
        opened = group.scope_spans.add()
        name, version = scope
        if name or version:
            opened.scope.name, opened.scope.version = name, version
        return opened.spans


def _put_process(resource: Any, process: Process) -> None:
    resource.SetInParent()
    if process.service_name:
        resource.attributes.add(key="service.name").value.string_value = process.service_name
    has_host = any(tag.key == "host.name" for tag in process.tags)
    renamed = {} if has_host else _PROCESS_KEYS
    again = Tag("service.name", process.service_name)  # OpenTelemetry's exporters write it as a tag as well
    tags = [tag for tag in process.tags if tag != again or not process.service_name]
    _put_tags(resource.attributes, [Tag(renamed.get(tag.key, tag.key), tag.value) for tag in tags])


def _put_span(written: Any, span: JaegerSpan, tags: SpanTags) -> None:
    parent = _parent_of(span)
    written.trace_id, written.span_id, written.parent_span_id = span.trace_id, span.span_id, _parent_id(span, parent)
    written.name, written.flags = span.name, span.flags & _SAMPLED
    written.trace_state, written.kind = tags.trace_state(), tags.kind()
    code, message = tags.status(written.kind)
    if code or message:
        written.status.code, written.status.message = code, message
    for what in ("attributes", "events", "links"):
        setattr(written, f"dropped_{what}_count", tags.dropped(what))
    _put_tags(written.attributes, tags.rest())
    _put_more(written, span)
    for log in span.logs:
        _put_event(written.events.add(), log)
    for reference in span.references:
        if reference is not parent or reference.kind != CHILD_OF:
            _put_link(written.links.add(), reference)


def _parent_of(span: JaegerSpan) -> Reference | None:
    """The reference that says the parent; CHILD_OF goes first, as in Jaeger."""
    own = [each for each in span.references if each.trace_id == span.trace_id and any(each.span_id)]
    if span.parent_id:
        return next((each for each in own if each.kind == CHILD_OF and each.span_id == span.parent_id), None)
    for kind in (CHILD_OF, FOLLOWS_FROM):
        for each in own:
            if each.kind == kind:
                return each
    return None


def _parent_id(span: JaegerSpan, parent: Reference | None) -> bytes:
    return span.parent_id or (parent.span_id if parent else b"")


def _put_more(written: Any, span: JaegerSpan) -> None:
    """The times, and the fields that OTLP lacks."""
    attributes = written.attributes
    if span.flags & _DEBUG:
        attributes.add(key="jaeger.debug").value.bool_value = True
    if span.flags & ~(_SAMPLED | _DEBUG):
        attributes.add(key="jaeger.flags").value.int_value = span.flags
    if span.is_incomplete:
        attributes.add(key="jaeger.incomplete").value.bool_value = True
    if span.process_id:
        attributes.add(key="jaeger.process_id").value.string_value = span.process_id
    if span.warnings:
        values = attributes.add(key="jaeger.warnings").value.array_value.values
        for warning in span.warnings:
            values.add(string_value=warning)
    end_ns = span.start_ns + span.duration_ns
    if 0 <= span.start_ns < _END_OF_TIME and 0 <= end_ns < _END_OF_TIME:
        written.start_time_unix_nano, written.end_time_unix_nano = span.start_ns, end_ns
    else:
        attributes.add(key="jaeger.start_time_unix_nano").value.string_value = str(span.start_ns)
        attributes.add(key="jaeger.duration_nano").value.string_value = str(span.duration_ns)


def _put_event(written: Any, log: Log) -> None:
    place = _first_text(log.fields, "event")
    named = place if place is not None else _first_text(log.fields, "message")
    if named is not None:
        written.name = log.fields[named].value
    _put_tags(written.attributes, [tag for index, tag in enumerate(log.fields) if index != place])
    if 0 <= log.time_ns < _END_OF_TIME:
        written.time_unix_nano = log.time_ns
    else:
        written.attributes.add(key="jaeger.timestamp_unix_nano").value.string_value = str(log.time_ns)


def _first_text(fields: list[Tag], key: str) -> int | None:
    wanted = (index for index, tag in enumerate(fields) if tag.key == key)
    return next((index for index in wanted if isinstance(fields[index].value, str) and fields[index].value), None)


def _put_link(written: Any, reference: Reference) -> None:
    written.trace_id, written.span_id = reference.trace_id, reference.span_id
    value = _REFERENCES.get(reference.kind, reference.kind)
    _put_tags(written.attributes, [Tag("opentracing.ref_type", value)])


def _put_tags(attributes: Any, tags: list[Tag]) -> None:
    for tag in tags:
        attribute = attributes.add(key=tag.key)
        attribute.value.SetInParent()
        _put_value(attribute.value, tag.value)


def _put_value(written: Any, value: TagValue) -> None:
    match value:
        case str():
            written.string_value = value
        case bytes():
            written.bytes_value = value
        case bool():
            written.bool_value = value
        case int():
            written.int_value = value
        case float():
            written.double_value = value
