"""SkyWalking's log records in JSON, as `POST /v3/logs` brings them."""

import msgspec

from clew.wire.otlp_json_scalars import INT32, INT64
from clew.wire.skywalking_json_values import Number, Pair, read_json, read_whole
from clew.wire.skywalking_logs import logs_to_otlp


class Text(msgspec.Struct):
    """A body of plain text."""

    text: str | None = ""

    def __post_init__(self) -> None:
        self.text = self.text or ""


class Json(Text):
    """One of JSON in a string, which is under another name."""

    text: str | None = msgspec.field(default="", name="json")


class Yaml(Text):
    """One of YAML."""

    text: str | None = msgspec.field(default="", name="yaml")


class Body(msgspec.Struct):
    """A LogDataBody."""

    type: str | None = None
    text: Text | None = None
    json: Json | None = None
    yaml: Yaml | None = None

    def __post_init__(self) -> None:
        self.type = self.type or ""
        self.text, self.json, self.yaml = self.text or Text(), self.json or Json(), self.yaml or Yaml()


class TraceContext(msgspec.Struct, rename="camel"):
    """The span in which a record was written."""

    trace_id: str | None = None
    trace_segment_id: str | None = None
    span_id: Number = 0

    def __post_init__(self) -> None:
        self.trace_id, self.trace_segment_id = self.trace_id or "", self.trace_segment_id or ""
        self.span_id = read_whole(self.span_id, INT32)


class Tags(msgspec.Struct):
    """LogTags."""

    data: list[Pair] | None = None

    def __post_init__(self) -> None:
        self.data = self.data or []


class LogData(msgspec.Struct, rename="camel"):
    """A log record."""

    timestamp: Number = 0
    service: str | None = None
    service_instance: str | None = None
    endpoint: str | None = None
    body: Body | None = None
    trace_context: TraceContext | None = None
    tags: Tags | None = None
    layer: str | None = None

    def __post_init__(self) -> None:
        self.timestamp = read_whole(self.timestamp, INT64)
        self.service, self.service_instance = self.service or "", self.service_instance or ""
        self.endpoint, self.layer = self.endpoint or "", self.layer or ""
        self.body, self.tags = self.body or Body(), self.tags or Tags()
        self.trace_context = self.trace_context or TraceContext()


_MANY = msgspec.json.Decoder(list[LogData])


def logs_json_to_otlp(body: bytes, received_ns: int) -> bytes:
    """A list of LogData as an encoded ExportLogsServiceRequest; it came in at `received_ns` (since 1970).

    Raises MalformedInput, naming the path where something is wrong, and InputTooLarge when it goes over a limit.
    """
    return logs_to_otlp(read_json(body, _MANY), received_ns)
