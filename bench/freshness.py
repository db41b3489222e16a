"""How long after its acknowledgement a span can be found, measured by a client that sends one and asks for it.

It asks four times a second: more often, and its own queries would take a tenth of the server's core and more.
"""

import os
import threading
import time

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.server import BenchServer

_POLL_S = 0.25
_PAUSE_S = 0.25
_GIVE_UP_S = 60.0


class FreshnessProbe:
    """A thread that probes until stopped; `seconds` are the times from acknowledgement to the first hit."""

    def __init__(self, server: BenchServer) -> None:
        self.seconds: list[float] = []
        self._server = server
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the probe in hand."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        with httpx.Client(timeout=60.0) as client:
            while not self._stopping.wait(_PAUSE_S):
                self.seconds.append(self._probe(client))

    def _probe(self, client: httpx.Client) -> float:
        request = ExportTraceServiceRequest()
        resource_spans = request.resource_spans.add()
        resource_spans.resource.attributes.add(key="service.name").value.string_value = "freshness-probe"
        span = resource_spans.scope_spans.add().spans.add(trace_id=os.urandom(16), span_id=os.urandom(8), name="probe")
        span.start_time_unix_nano = span.end_time_unix_nano = time.time_ns()
        url = f"http://{self._server.otlp_http}/v1/traces"
        content = request.SerializeToString()
        client.post(url, content=content, headers={"Content-Type": "application/x-protobuf"}).raise_for_status()
        acknowledged_s = time.monotonic()
        found = f"http://{self._server.http}/api/clew/v1/traces/{span.trace_id.hex()}"
        while client.get(found).status_code != 200:
            if time.monotonic() - acknowledged_s > _GIVE_UP_S:
                return float("inf")
            time.sleep(_POLL_S)
        return time.monotonic() - acknowledged_s
