"""What the records of a topic can be, and how each becomes OTLP bytes."""

from collections.abc import Callable
from dataclasses import dataclass

from clew.errors import InputTooLarge
from clew.receive.entrance import Entrance
from clew.receive.intake import LOGS, TRACES
from clew.wire.jaeger_proto import span_to_otlp
from clew.wire.jaeger_thrift import batch_to_otlp
from clew.wire.otlp_check import CheckedRequest, CheckLimits
from clew.wire.otlp_json import logs_json_to_otlp, traces_json_to_otlp
from clew.wire.zipkin_json import zipkin_json_to_otlp
from clew.wire.zipkin_proto import zipkin_proto_to_otlp
from clew.wire.zipkin_thrift import zipkin_thrift_to_otlp
from clew.wire.zipkin_v1_json import zipkin_v1_json_to_otlp


@dataclass(frozen=True, slots=True)
class Encoding:
    """`to_otlp` is None when the bytes are OTLP already."""

    signal: str
    to_otlp: Callable[[bytes], bytes] | None = None
    is_json: bool = False


ENCODINGS = {
    "otlp_proto": Encoding(TRACES),
    "otlp_json": Encoding(TRACES, traces_json_to_otlp, is_json=True),
    "jaeger_proto": Encoding(TRACES, span_to_otlp),
    "jaeger_thrift": Encoding(TRACES, batch_to_otlp),
    "zipkin_json": Encoding(TRACES, zipkin_json_to_otlp, is_json=True),
    "zipkin_json_v1": Encoding(TRACES, zipkin_v1_json_to_otlp, is_json=True),
    "zipkin_proto": Encoding(TRACES, zipkin_proto_to_otlp),
    "zipkin_thrift": Encoding(TRACES, zipkin_thrift_to_otlp),
    "otlp_logs_proto": Encoding(LOGS),
    "otlp_logs_json": Encoding(LOGS, logs_json_to_otlp, is_json=True),
}


class RecordReader:
    """Translates and checks the records of one topic."""

    def __init__(self, encoding: str, entrance: Entrance) -> None:
        self._entrance, settings = entrance, entrance.settings
        self._encoding = ENCODINGS[encoding]
        self._limits = CheckLimits(attributes=settings.max_attributes)
        self._max_bytes = settings.max_json_bytes if self._encoding.is_json else settings.max_inflated_bytes

    @property
    def signal(self) -> str:
        return self._encoding.signal

    def read(self, value: bytes) -> CheckedRequest:
        """OTLP bytes fit for the journal. Raises InputRefused."""
        if len(value) > self._max_bytes:
            raise InputTooLarge(f"the record has more than {self._max_bytes} bytes; send smaller batches")
        translate = self._encoding.to_otlp
        return self._entrance.check(self.signal, value if translate is None else translate(value), self._limits)
