"""The messages of SkyWalking's data collect protocol v3 that are stored, as descriptors made here.

Numbers and types are those of language-agent/Tracing.proto and logging/Logging.proto; names are ours, since only
numbers are on the wire (and `span_id` is `spanId` in JSON). Spans and segments are declared as bytes where they are
repeated: each is parsed when its turn comes, so that a hostile message of empty spans isn't multiplied by sixty in
memory, and their number is known before the first of them is looked at.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

_PACKAGE = "clew.skywalking"
_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "string": _Field.TYPE_STRING,
    "bytes": _Field.TYPE_BYTES,
    "int32": _Field.TYPE_INT32,
    "int64": _Field.TYPE_INT64,
    "bool": _Field.TYPE_BOOL,
}
# An enum is read as int32, which is the same on the wire: a number that came later than this is kept.
_MESSAGES: dict[str, str] = {
    "Pair": "1 string key, 2 string value",
    "Log": "1 int64 time, 2 Pair* data",
    "Reference": (
        "1 int32 ref_type, 2 string trace_id, 3 string parent_trace_segment_id, 4 int32 parent_span_id,"
        " 5 string parent_service, 6 string parent_service_instance, 7 string parent_endpoint,"
        " 8 string network_address_used_at_peer"
    ),
    "Span": (
        "1 int32 span_id, 2 int32 parent_span_id, 3 int64 start_time, 4 int64 end_time, 5 Reference* refs,"
        " 6 string operation_name, 7 string peer, 8 int32 span_type, 9 int32 span_layer, 10 int32 component_id,"
        " 11 bool is_error, 12 Pair* tags, 13 Log* logs, 14 bool skip_analysis"
    ),
    "Segment": (
        "1 string trace_id, 2 string trace_segment_id, 3 bytes* spans, 4 string service, 5 string service_instance,"
        " 6 bool is_size_limited"
    ),
    "Collection": "1 bytes* segments",
    "Text": "1 string text",
    "Body": "1 string type, 2 Text text, 3 Text json, 4 Text yaml",
    "TraceContext": "1 string trace_id, 2 string trace_segment_id, 3 int32 span_id",
    "Tags": "1 Pair* data",
    "Instant": "1 int64 seconds, 2 int32 nanos",
    "Figure": "1 string key, 2 int64 value",
    "SpanReference": "1 int32 type, 2 string trace_id, 3 string trace_segment_id, 4 string span_id",
    "AttachedEvent": (
        "1 Instant start_time, 2 string event, 3 Instant end_time, 4 Pair* tags, 5 Figure* summary,"
        " 6 SpanReference trace_context"
    ),
    "LogData": (
        "1 int64 timestamp, 2 string service, 3 string service_instance, 4 string endpoint, 5 Body body,"
        " 6 TraceContext trace_context, 7 Tags tags, 8 string layer"
    ),
}


def _add_field(message: descriptor_pb2.DescriptorProto, written: str) -> None:
    number, kind, name = written.split()
    field = message.field.add(name=name, number=int(number), label=_Field.LABEL_OPTIONAL)
    if kind.endswith("*"):
        field.label = _Field.LABEL_REPEATED
    kind = kind.rstrip("*")
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type = _Field.TYPE_MESSAGE
        field.type_name = f".{_PACKAGE}.{kind}"


def _make_messages() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="clew/skywalking.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for written in fields.split(","):
            _add_field(message, written)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in _MESSAGES
    }


_CLASSES = _make_messages()
Span: type[Message] = _CLASSES["Span"]
Segment: type[Message] = _CLASSES["Segment"]
Collection: type[Message] = _CLASSES["Collection"]
LogData: type[Message] = _CLASSES["LogData"]
AttachedEvent: type[Message] = _CLASSES["AttachedEvent"]

SPAN_TYPES = ("Entry", "Exit", "Local")
SPAN_LAYERS = ("Unknown", "Database", "RPCFramework", "Http", "MQ", "Cache", "FAAS")
REFERENCE_TYPES = ("CrossProcess", "CrossThread")
"""The enums of the protocol: a value's number is its place."""
