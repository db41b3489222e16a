"""A record of each encoding that a topic can hold, with the request that it stands for."""

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.wire.jaeger_proto import request_to_otlp
from clew.wire.jaeger_thrift import Protocol, batch_to_otlp
from clew.wire.otlp_json import logs_to_json, traces_to_json
from clew.wire.zipkin_json import zipkin_json_to_otlp
from clew.wire.zipkin_proto import zipkin_proto_to_otlp
from clew.wire.zipkin_thrift import zipkin_thrift_to_otlp
from clew.wire.zipkin_v1_json import zipkin_v1_json_to_otlp
from tests.receive.kafka_traces import make_traces
from tests.wire.jaeger_proto_samples import as_span, request
from tests.wire.jaeger_samples import bench_batch, span
from tests.wire.zipkin_samples import FULL_PROTO_SPAN, json_list, proto_list, small_span, thrift_list, thrift_span

_TRACES = make_traces("a", "b")
_LOGS = ExportLogsServiceRequest()
_LOGS.resource_logs.add().scope_logs.add().log_records.add(severity_text="INFO")
_JAEGER = as_span(span(1))
_BATCH = bench_batch(Protocol.BINARY, 3)
_ZIPKIN_JSON, _ZIPKIN_PROTO = json_list(small_span(1)), proto_list(FULL_PROTO_SPAN)
_ZIPKIN_V1 = json_list({"traceId": "000000000000002a", "id": "000000000000002b", "name": "get"})
_ZIPKIN_THRIFT = thrift_list(thrift_span(1))

SAMPLES: dict[str, tuple[bytes, bytes]] = {
    "otlp_proto": (_TRACES, _TRACES),
    "otlp_json": (traces_to_json(ExportTraceServiceRequest.FromString(_TRACES)), _TRACES),
    "jaeger_proto": (_JAEGER.SerializeToString(), request_to_otlp(request([_JAEGER]))),
    "jaeger_thrift": (_BATCH, batch_to_otlp(_BATCH)),
    "zipkin_json": (_ZIPKIN_JSON, zipkin_json_to_otlp(_ZIPKIN_JSON)),
    "zipkin_proto": (_ZIPKIN_PROTO, zipkin_proto_to_otlp(_ZIPKIN_PROTO)),
    "zipkin_json_v1": (_ZIPKIN_V1, zipkin_v1_json_to_otlp(_ZIPKIN_V1)),
    "zipkin_thrift": (_ZIPKIN_THRIFT, zipkin_thrift_to_otlp(_ZIPKIN_THRIFT)),
    "otlp_logs_proto": (_LOGS.SerializeToString(), _LOGS.SerializeToString()),
    "otlp_logs_json": (logs_to_json(_LOGS), _LOGS.SerializeToString()),
}
