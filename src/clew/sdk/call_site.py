"""A place in the application's code that makes spans: prepared once, so that each call costs little."""

from collections.abc import Mapping
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import NoOpTracer, SpanKind
from opentelemetry.util.types import Attributes

from clew.sdk.tracer import Tracer


class ModuleTracer:
    """The tracer of a module, as soon as the application has a provider."""

    __slots__ = ("is_quick", "module", "provider", "tracer")

    def __init__(self, module: str) -> None:
        self.module = module
        self.provider: trace.TracerProvider | None = None
        self.tracer: trace.Tracer | None = None
        """Of `provider`; None when that makes nothing."""
        self.is_quick = False
        """Whether below a span that isn't kept nothing is kept, and nobody has to be asked."""

    def find(self) -> trace.Tracer | None:
        """None as long as there is no provider, or one that makes nothing.

        Asks the private variable: what get_tracer_provider() does takes a microsecond while there is none.
        """
        provider = trace._TRACER_PROVIDER
        if provider is not self.provider:
            tracer = None if provider is None else provider.get_tracer(self.module)
            self.tracer = None if isinstance(tracer, NoOpTracer) else tracer
            self.is_quick = isinstance(tracer, Tracer) and tracer._follows_local
            self.provider = provider
        return self.tracer


class CallSite(ModuleTracer):
    """A function, or another place whose spans have the same name, kind and attributes."""

    __slots__ = ("attributes", "kind", "name")

    def __init__(
        self, module: str, name: str, kind: SpanKind = SpanKind.INTERNAL, attributes: Attributes = None
    ) -> None:
        super().__init__(module)
        self.name = name
        self.kind = kind
        self.attributes: Mapping[str, Any] = attributes or {}

    def __reduce__(self) -> tuple[Any, ...]:
        """As it was made: functions may be sent to another process together with what they refer to."""
        return type(self), (self.module, self.name, self.kind, dict(self.attributes))
