"""The OpenTelemetry set-up of a service: resource, exporters, baggage on spans, logs."""

import logging
import os
import platform
import socket
import threading
import time

from opentelemetry import propagate, trace
from opentelemetry._logs import set_logger_provider
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.instrumentation.logging import LoggingInstrumentor
from opentelemetry.instrumentation.threading import ThreadingInstrumentor
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, LogRecordExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from clew.demo.baggage import BaggageToAttributes
from clew.demo.roster import ROSTER, Role
from clew.demo.settings import ServiceSettings

EXPORT_TIMEOUT_S = 3
EXPORT_DELAY_MS = 1000


class Telemetry:
    """The providers of one process."""

    def __init__(self, settings: ServiceSettings) -> None:
        role = ROSTER[settings.name]
        spans, logs = _exporters(settings, role)
        resource = _resource(settings, role)
        self._tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._tracers.add_span_processor(BaggageToAttributes())
        self._tracers.add_span_processor(BatchSpanProcessor(spans, schedule_delay_millis=EXPORT_DELAY_MS))
        self._loggers = LoggerProvider(resource=resource, shutdown_on_exit=False)
        self._loggers.add_log_record_processor(BatchLogRecordProcessor(logs, schedule_delay_millis=EXPORT_DELAY_MS))

    def install(self) -> None:
        """Make the providers those of the process, and send what it logs."""
        trace.set_tracer_provider(self._tracers)
        set_logger_provider(self._loggers)
        propagate.set_global_textmap(CompositePropagator([TraceContextTextMapPropagator(), W3CBaggagePropagator()]))
        ThreadingInstrumentor().instrument()
        _quiet_libraries()
        LoggingInstrumentor().instrument(log_code_attributes=True)
        logging.getLogger().setLevel(logging.INFO)

    def shutdown(self, timeout_s: float) -> None:
        """Send what is left; gives up after `timeout_s`, for the other end may be away."""
        threads = [
            threading.Thread(target=provider.shutdown, daemon=True) for provider in (self._tracers, self._loggers)
        ]
        for thread in threads:
            thread.start()
        deadline_s = time.monotonic() + timeout_s
        for thread in threads:
            thread.join(max(0.0, deadline_s - time.monotonic()))


def _resource(settings: ServiceSettings, role: Role) -> Resource:
    return Resource.create(
        {
            "service.name": settings.name,
            "service.version": role.version,
            "service.namespace": "shop",
            "service.instance.id": settings.instance_id,
            "deployment.environment.name": "demo",
            "team": role.team,
            "host.name": socket.gethostname(),
            "process.pid": os.getpid(),
            "process.runtime.name": platform.python_implementation().lower(),
            "process.runtime.version": platform.python_version(),
        }
    )


def _exporters(settings: ServiceSettings, role: Role) -> tuple[SpanExporter, LogRecordExporter]:
    if role.exports == "grpc":
        return _grpc_exporters(settings.otlp_grpc)
    return _http_exporters(settings.otlp_http.rstrip("/"), gzip=role.exports == "http+gzip")


# The exporters are imported where they are used: each brings 15 to 20 MB that the other services don't need.
def _grpc_exporters(endpoint: str) -> tuple[SpanExporter, LogRecordExporter]:
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    return (
        OTLPSpanExporter(endpoint=endpoint, insecure=True, timeout=EXPORT_TIMEOUT_S),
        OTLPLogExporter(endpoint=endpoint, insecure=True, timeout=EXPORT_TIMEOUT_S),
    )


def _http_exporters(endpoint: str, gzip: bool) -> tuple[SpanExporter, LogRecordExporter]:
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    compression = Compression.Gzip if gzip else Compression.NoCompression
    return (
        OTLPSpanExporter(f"{endpoint}/v1/traces", timeout=EXPORT_TIMEOUT_S, compression=compression),
        OTLPLogExporter(f"{endpoint}/v1/logs", timeout=EXPORT_TIMEOUT_S, compression=compression),
    )


def _quiet_libraries() -> None:
    # Exporters complain about a backend that is away once per second and process: the shop says it once, at its start.
    # Sent as log records, their complaints would be exported by the very exporter that complains.
    for name in ("opentelemetry", "urllib3", "asyncio"):
        logging.getLogger(name).propagate = False
        logging.getLogger(name).addHandler(logging.NullHandler())
    for name in ("werkzeug", "uvicorn"):
        logging.getLogger(name).setLevel(logging.ERROR)
