"""`span`: lines of code as a span; `current`: the span that they are in."""

import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Link, SpanKind
from opentelemetry.util.types import AnyValue, Attributes

from clew.sdk.call_site import ModuleTracer
from clew.sdk.open_span import Block


def span(
    name: str,
    /,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Attributes = None,
    links: Sequence[Link] | None = None,
    **more: AnyValue,
) -> Block:
    """Lines of code as a span, for `with` and `async with`.

    `with span("pay", order_id=7) as paying:`

    It is current within, belongs to the module that calls, and keeps an error that leaves it. Any
    other keyword is an attribute. Each use needs a call of its own.
    """
    given: Any = {**attributes, **more} if attributes else more
    return Block(calling_module(), name, kind, given, links=links)


def current() -> trace.Span:
    """The span that the code is in; one that takes everything and keeps nothing when it is in none."""
    return trace.get_current_span()


def calling_module() -> ModuleTracer:
    """Of the function that calls the one that asks."""
    scope = sys._getframe(2).f_globals  # the one way that costs nothing worth mentioning: 60 ns
    return tracer_of(scope.get("__name__", "__main__"))


@lru_cache(4096)
def tracer_of(module: str) -> ModuleTracer:
    """One for all spans of a module."""
    return ModuleTracer(module)
