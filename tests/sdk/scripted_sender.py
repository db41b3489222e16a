"""A sender that answers as it is told, and keeps what it was given."""

import threading
from collections.abc import Iterable, Iterator

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.sdk.reporter import Delivered, Outcome


class ScriptedSender:
    """Answers in turn; afterwards all is well. `hold` makes it wait inside of a delivery until it is released."""

    def __init__(self, outcomes: Iterable[Outcome] = ()) -> None:
        self._outcomes: Iterator[Outcome] = iter(outcomes)
        self.requests: list[bytes] = []
        self.is_closed = False
        self.entered, self.released = threading.Event(), threading.Event()
        self.released.set()

    def hold(self) -> None:
        self.released.clear()

    def send(self, request: bytes) -> Outcome:
        self.entered.set()
        assert self.released.wait(30)
        self.requests.append(request)
        return next(self._outcomes, Delivered())

    def close(self) -> None:
        self.is_closed = True

    def forget(self) -> None:
        self.requests = []

    @property
    def names(self) -> list[str]:
        """Of the spans in all requests."""
        return [
            span.name
            for request in self.requests
            for resource in ExportTraceServiceRequest.FromString(request).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
