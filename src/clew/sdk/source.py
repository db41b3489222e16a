"""What all spans of one tracer share: where they come from, and where they go."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.util.types import AnyValue

from clew.sdk.ids import IdGenerator
from clew.sdk.limits import SpanLimits
from clew.sdk.processor import SpanProcessor, ignores
from clew.sdk.resource import Resource

Clock = Callable[[], int]
"""Nanoseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The library whose instrumentation makes spans, as OTLP's instrumentation scope."""

    name: str
    version: str = ""
    schema_url: str = ""
    attributes: Mapping[str, AnyValue] = field(default_factory=dict, hash=False)


class Pipeline:
    """The processors of a provider, as calls in the order in which they were added; those that do nothing stay out."""

    __slots__ = ("_lock", "endings", "ends", "processors", "resource", "starts")

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        """Of the process as it is now: after a fork it is another one."""
        self.processors: tuple[SpanProcessor, ...] = ()
        self.starts: tuple[Callable[..., Any], ...] = ()
        self.endings: tuple[Callable[..., Any], ...] = ()
        self.ends: tuple[Callable[..., Any], ...] = ()
        self._lock = threading.Lock()

    def add(self, processor: SpanProcessor) -> None:
        with self._lock:
            self.processors += (processor,)
            self.starts += () if ignores(processor, "on_start") else (processor.on_start,)
            self.endings += () if ignores(processor, "_on_ending") else (processor._on_ending,)  # its name
            self.ends += () if ignores(processor, "on_end") else (processor.on_end,)

    def renew(self, attributes: Mapping[str, AnyValue]) -> None:
        """In a child of a fork: who held the lock is gone, and these attributes, as far as they are known, change."""
        self._lock = threading.Lock()
        changed = {key: value for key, value in attributes.items() if key in self.resource.attributes}
        if changed:
            self.resource = self.resource.merge(type(self.resource)(changed))


class SpanSource:
    """A tracer's scope with what its provider gives it."""

    __slots__ = ("clock", "ids", "limits", "pipeline", "scope")

    def __init__(self, scope: Scope, pipeline: Pipeline, ids: IdGenerator, limits: SpanLimits, clock: Clock) -> None:
        self.scope = scope
        self.pipeline = pipeline
        self.ids = ids
        self.limits = limits
        self.clock = clock

    @property
    def resource(self) -> Resource:
        return self.pipeline.resource
