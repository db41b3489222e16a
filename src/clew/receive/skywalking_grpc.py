"""SkyWalking over gRPC: segments and log records are stored; for the rest agents hear that there is nothing to do.

An agent calls many services, and logs an error for each that isn't there. Metrics, profiles and the like are therefore
answered as SkyWalking answers them, with no commands, and counted as discarded. OTLP is taken at the same port, as
SkyWalking does.
"""

import time
from collections.abc import Callable

from clew.receive.grpc_door import GrpcExport, GrpcMethod, GrpcQuestion
from clew.receive.intake import LOGS, METRICS, TRACES
from clew.receive.otlp_grpc import otlp_methods
from clew.wire.skywalking import collection_to_otlp, segment_to_otlp
from clew.wire.skywalking_attached import attached_event_to_otlp
from clew.wire.skywalking_logs import LogStream

PROTOCOL = "skywalking"
_PACKAGE = "skywalking.v3."
_PROFILES, _EVENTS = "profiles", "events"

# (service, method, whether it is a stream, what its messages hold: nothing to keep where that is None)
_ANSWERED: tuple[tuple[str, str, bool, str | None], ...] = (
    ("ManagementService", "reportInstanceProperties", False, None),
    ("ManagementService", "keepAlive", False, None),
    ("ConfigurationDiscoveryService", "fetchConfigurations", False, None),
    ("ProfileTask", "getProfileTaskCommands", False, None),
    ("ProfileTask", "collectSnapshot", True, _PROFILES),
    ("ProfileTask", "reportTaskFinish", False, None),
    ("JVMMetricReportService", "collect", False, METRICS),
    ("CLRMetricReportService", "collect", False, METRICS),
    ("MeterReportService", "collect", True, METRICS),
    ("MeterReportService", "collectBatch", True, METRICS),
    ("BrowserPerfService", "collectPerfData", False, METRICS),
    ("BrowserPerfService", "collectErrorLogs", True, _EVENTS),
    ("EventService", "collect", True, _EVENTS),
)
_ASKED = (
    ("skywalking.v10.AsyncProfilerTask", "getAsyncProfilerTaskCommands"),
    ("skywalking.v10.PprofTask", "getPprofTaskCommands"),
)
"""For profiles that nobody orders here, so that none come."""


def skywalking_methods() -> list[GrpcMethod]:
    """What agents call, by the names of today and by those without a package, which old agents use."""
    methods: list[GrpcMethod] = []
    for package in (_PACKAGE, ""):
        methods += _exports(package)
        methods += [
            _answered(package + service, name, is_stream, holds) for service, name, is_stream, holds in _ANSWERED
        ]
    methods += [_answered(service, name, False, None) for service, name in _ASKED]
    return [*methods, *otlp_methods()]


def _exports(package: str) -> list[GrpcMethod]:
    segments = f"{package}TraceSegmentReportService"
    return [
        GrpcExport(segments, "collect", PROTOCOL, TRACES, segment_to_otlp, is_stream=True),
        GrpcExport(segments, "collectInSync", PROTOCOL, TRACES, collection_to_otlp),
        GrpcExport(
            f"{package}SpanAttachedEventReportService", "collect", PROTOCOL, LOGS, _attached_to_otlp, is_stream=True
        ),
        GrpcExport(f"{package}LogReportService", "collect", PROTOCOL, LOGS, is_stream=True, translator=_log_translator),
    ]


def _attached_to_otlp(body: bytes) -> bytes:
    return attached_event_to_otlp(body, time.time_ns())


def _log_translator() -> Callable[[bytes], bytes]:
    stream = LogStream()
    return lambda body: stream.to_otlp(body, time.time_ns())


def _answered(service: str, name: str, is_stream: bool, holds: str | None) -> GrpcQuestion:
    return GrpcQuestion(service, name, _no_commands, is_stream, (PROTOCOL, holds) if holds else None)


def _no_commands(_: bytes) -> bytes:
    """An empty Commands, which is what SkyWalking's server says most of the time."""
    return b""
