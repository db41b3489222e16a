"""`background`: work that nobody waits for, in a trace of its own that tells where it was asked for."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from opentelemetry import trace
from opentelemetry.context import Context, get_current
from opentelemetry.trace import Link, SpanKind
from opentelemetry.trace.propagation import _SPAN_KEY

from clew.sdk.open_span import Block
from clew.sdk.traced import site_of

_P = ParamSpec("_P")
_R = TypeVar("_R")


def background(function: Callable[_P, _R], name: str | None = None) -> Callable[_P, _R]:
    """Hand the result to whatever runs it: `executor.submit(background(send_mail), order)`, a thread, a timer, a queue.

    Each call begins a new trace, whose first span links to the span that was current when `background` was called, and
    keeps that place's baggage. Where there was none, as for a decorated function, it links to the span of the call.
    A coroutine function becomes one.
    """
    site, asked = site_of(function, name), get_current()

    def begin() -> Block:
        place = asked if trace.get_current_span(asked).get_span_context().is_valid else get_current()
        context = trace.get_current_span(place).get_span_context()
        links = [Link(context)] if context.is_valid else None
        return Block(site, site.name, SpanKind.INTERNAL, site.attributes, links=links, context=_without_span(place))

    if inspect.iscoroutinefunction(function):

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            with begin():
                return await function(*args, **kwargs)

        return functools.wraps(function)(cast("Callable[_P, _R]", awaited))

    def called(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with begin():
            return function(*args, **kwargs)

    return functools.wraps(function)(called)


def _without_span(context: Context) -> Context:
    return Context({key: value for key, value in context.items() if key != _SPAN_KEY})
