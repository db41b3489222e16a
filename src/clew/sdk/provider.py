"""The tracer provider: what tracers have in common, from its making to its shutdown."""

import atexit
import logging
import os
import threading
import time
import weakref
from typing import Any

from opentelemetry import trace
from opentelemetry.util.types import Attributes

from clew.sdk.ids import IdGenerator, RandomIdGenerator
from clew.sdk.limits import SpanLimits, limits_from_environment
from clew.sdk.processor import flush_all
from clew.sdk.resource import Resource, detect_resource, of_this_process
from clew.sdk.sampler import DEFAULT_ON, Sampler, shut_down
from clew.sdk.source import Clock, Pipeline, Scope, SpanSource
from clew.sdk.tracer import Tracer

_LOG = logging.getLogger(__name__)


class TracerProvider(trace.TracerProvider):
    """Gives tracers out. Samplers, processors, id generators and resources of the OpenTelemetry SDK do as well.

    At the end of the program it delivers what is there, unless `shutdown_on_exit` is False. `OTEL_SDK_DISABLED=true`
    makes tracers that do nothing. Raises ValueError when a variable with a limit is no number.
    """

    def __init__(
        self,
        sampler: Sampler | None = None,
        resource: Resource | None = None,
        shutdown_on_exit: bool = True,
        id_generator: IdGenerator | None = None,
        span_limits: SpanLimits | None = None,
        clock: Clock = time.time_ns,
    ) -> None:
        self.sampler = sampler or DEFAULT_ON
        self.id_generator = id_generator or RandomIdGenerator()
        self._limits = span_limits or limits_from_environment()
        self._clock = clock
        self._pipeline = Pipeline(detect_resource({}) if resource is None else resource)
        self._is_disabled = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
        self._tracers: dict[Any, Tracer] = {}
        self._lock = threading.Lock()
        self._at_exit = atexit.register(self.shutdown) if shutdown_on_exit else None
        _renew_in_children(self)

    @property
    def resource(self) -> Resource:
        return self._pipeline.resource

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> trace.Tracer:
        if self._is_disabled:
            return trace.NoOpTracer()
        if not instrumenting_module_name:
            _LOG.error("get_tracer takes the name of the module whose spans these are; it is empty")
        scope = Scope(
            instrumenting_module_name or "", instrumenting_library_version or "", schema_url or "", attributes or {}
        )
        key = scope.name, scope.version, scope.schema_url, repr(sorted(scope.attributes.items()))
        with self._lock:
            if key not in self._tracers:
                source = SpanSource(scope, self._pipeline, self.id_generator, self._limits, self._clock)
                self._tracers[key] = Tracer(source, self.sampler)
            return self._tracers[key]

    def add_span_processor(self, span_processor: Any) -> None:
        """From now on it hears of each span, after those that were added before."""
        self._pipeline.add(span_processor)

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Have all processors deliver what is there; False when that took too long."""
        return flush_all(self._pipeline.processors, timeout_millis)

    def shutdown(self) -> None:
        """Deliver what is there. Spans that end later go nowhere."""
        for processor in self._pipeline.processors:
            processor.shutdown()
        shut_down(self.sampler)
        if self._at_exit is not None:
            atexit.unregister(self._at_exit)
            self._at_exit = None

    def _renew(self) -> None:
        self._lock = threading.Lock()
        self._pipeline.renew(of_this_process())


def _renew_in_children(provider: TracerProvider) -> None:
    reference = weakref.ref(provider)

    def renew() -> None:
        alive = reference()
        if alive is not None:
            alive._renew()  # the one call that is nobody else's

    os.register_at_fork(after_in_child=renew)
