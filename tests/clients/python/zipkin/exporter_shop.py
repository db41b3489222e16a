"""The shop of OpenTelemetry's programs, exported as Zipkin's JSON of either version, or as its protobuf."""

import os
import runpy
from pathlib import Path

from opentelemetry import trace
from opentelemetry.exporter.zipkin.json import Protocol
from opentelemetry.exporter.zipkin.json import ZipkinExporter as JsonExporter
from opentelemetry.exporter.zipkin.proto.http import ZipkinExporter as ProtobufExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

URL = os.environ["ZIPKIN_URL"]
EXPORTERS = {
    "V1_JSON": lambda: JsonExporter(Protocol.V1, f"{URL}/api/v1/spans", max_tag_value_length=1000),
    "V2_JSON": lambda: JsonExporter(Protocol.V2, f"{URL}/api/v2/spans"),
    "V2_PROTO3": lambda: ProtobufExporter(f"{URL}/api/v2/spans"),
}

provider = TracerProvider(resource=Resource.create({"service.name": os.environ["SERVICE"]}))
provider.add_span_processor(BatchSpanProcessor(EXPORTERS[os.environ["ENCODING"]]()))
trace.set_tracer_provider(provider)
runpy.run_path(str(Path(__file__).parents[1] / "opentelemetry/shop.py"), run_name="__main__")
provider.shutdown()
