import re
from pathlib import Path

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from clew.store.otlp_format import LOGS, TRACES, OtlpFormat

COMMON: dict[str, Descriptor] = {
    "Resource": Resource.DESCRIPTOR,
    "Scope": InstrumentationScope.DESCRIPTOR,
}
OF_TRACES: dict[str, Descriptor] = {
    "Request": ExportTraceServiceRequest.DESCRIPTOR,
    "ResourceSpans": ResourceSpans.DESCRIPTOR,
    "ScopeSpans": ScopeSpans.DESCRIPTOR,
    "Span": Span.DESCRIPTOR,
    "Event": Span.Event.DESCRIPTOR,
    "Link": Span.Link.DESCRIPTOR,
    "Status": Status.DESCRIPTOR,
}
OF_LOGS: dict[str, Descriptor] = {
    "Request": ExportLogsServiceRequest.DESCRIPTOR,
    "ResourceLogs": ResourceLogs.DESCRIPTOR,
    "ScopeLogs": ScopeLogs.DESCRIPTOR,
    "LogRecord": LogRecord.DESCRIPTOR,
}
KEPT_AS_THEY_CAME = {"attributes", "body", "entity_refs"}
# References into the dictionary of a profile; in traces and logs they mean nothing (common.proto says so).
OF_PROFILES = {"string_value_strindex", "key_strindex"}

Field = tuple[int, str, str, bool]


def _declared(path: Path) -> dict[str, set[Field]]:
    text = re.sub(r"//.*", "", path.read_text(encoding="utf-8"))
    messages = re.findall(r"message (\w+) \{(.*?)\}(?: \})?\n", text, re.DOTALL)
    pattern = r"(repeated )?(\w+) (\w+) = (\d+);"
    return {
        name: {
            (int(number), field, kind, bool(repeated)) for repeated, kind, field, number in re.findall(pattern, body)
        }
        for name, body in messages
    }


def _official(descriptor: Descriptor) -> set[Field]:
    return {
        (field.number, field.name, _kind(field), field.is_repeated)
        for field in descriptor.fields
        if field.name not in OF_PROFILES
    }


def _kind(field: FieldDescriptor) -> str:
    if field.message_type is not None and field.name not in KEPT_AS_THEY_CAME:
        return {"InstrumentationScope": "Scope"}.get(field.message_type.name, field.message_type.name)
    names = {
        FieldDescriptor.TYPE_MESSAGE: "bytes",  # kept as it came, and read later
        FieldDescriptor.TYPE_BYTES: "bytes",
        FieldDescriptor.TYPE_STRING: "string",
        FieldDescriptor.TYPE_UINT32: "uint32",
        FieldDescriptor.TYPE_FIXED32: "fixed32",
        FieldDescriptor.TYPE_FIXED64: "fixed64",
        FieldDescriptor.TYPE_ENUM: "int32",  # so that values of tomorrow come through
    }
    return names[field.type]


@pytest.mark.parametrize(("otlp", "messages"), [(TRACES, OF_TRACES), (LOGS, OF_LOGS)])
def test_the_schema_is_that_of_opentelemetry(otlp: OtlpFormat, messages: dict[str, Descriptor]) -> None:
    """Every field of OTLP is declared with its number, name and type: none is lost, none misread."""
    path = Path(otlp.schema_path)
    declared = _declared(path) | _declared(path.with_name("common.proto"))
    assert set(declared) == set(messages) | set(COMMON)
    for name, descriptor in (messages | COMMON).items():
        assert declared[name] == _official(descriptor), name


@pytest.mark.parametrize("otlp", [TRACES, LOGS])
def test_every_declared_field_is_read(otlp: OtlpFormat) -> None:
    """What the schema declares has a column to go to."""
    path = Path(otlp.schema_path)
    for fields in (_declared(path) | _declared(path.with_name("common.proto"))).values():
        for _, name, _, _ in fields:
            assert re.search(rf"\b{name} ", otlp.structure), name
