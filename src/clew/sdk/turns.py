"""Spans of generators: from the first item to the last, and current only while the generator itself runs."""

import logging
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, Self

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.trace.propagation import _SPAN_KEY
from opentelemetry.util.types import Attributes

from clew.sdk.call_site import CallSite
from clew.sdk.failures import keep_failure
from clew.sdk.open_span import end_quietly
from clew.sdk.span import UnsampledSpan

_LOG = logging.getLogger(__name__)
Reader = Callable[[CallSite, tuple[Any, ...], dict[str, Any]], Attributes]
"""Makes the attributes of a call from its arguments."""


class Turns:
    """A span that is current by turns: what runs within `with` finds what it left there the last time."""

    __slots__ = ("_inside", "_span", "_token")

    def __init__(self, span: trace.Span) -> None:
        self._span = span
        self._inside = Context(get_current())
        dict.__setitem__(self._inside, _SPAN_KEY, span)

    @classmethod
    def begin(cls, site: CallSite, attributes: Attributes) -> Self | None:
        """None when nothing is to be kept."""
        tracer = site.find()
        if tracer is None or (site.is_quick and type(get_current().get(_SPAN_KEY)) is UnsampledSpan):
            return None
        try:
            return cls(tracer.start_span(site.name, None, site.kind, attributes))
        except Exception:  # noqa: BLE001  # as in begin_call
            _LOG.warning("the span %r could not be begun", site.name, exc_info=True)
            return None

    def __enter__(self) -> None:
        self._token = attach(self._inside)

    def __exit__(self, *raised: object) -> None:
        self._inside = get_current()
        detach(self._token)

    def end(self, error: BaseException | None) -> None:
        keep_failure(self._span, error)
        end_quietly(self._span)


def iterate(function: Callable[..., Generator[Any, Any, Any]], site: CallSite, read: Reader) -> Callable[..., Any]:
    """A generator function like `function`, with a span of each iteration."""
    begin = Turns.begin

    def iterated(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        generator = function(*args, **kwargs)
        turns = begin(site, read(site, args, kwargs))
        if turns is None:
            return (yield from generator)
        step: Callable[[Any], Any] = generator.send
        value, failure = None, None
        try:
            while True:
                with turns:
                    item = step(value)
                try:
                    value = yield item
                    step = generator.send
                except BaseException as thrown:  # noqa: BLE001  # the generator's to handle, the end of it as well
                    step, value = generator.throw, thrown
        except StopIteration as stop:
            return stop.value
        except BaseException as error:
            failure = error
            raise
        finally:
            turns.end(failure)
            del value, failure  # an error that refers to this frame

    return iterated


def iterate_async(
    function: Callable[..., AsyncGenerator[Any, Any]], site: CallSite, read: Reader
) -> Callable[..., Any]:
    """The same for an asynchronous one."""
    begin = Turns.begin

    async def iterated(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        generator = function(*args, **kwargs)
        turns = begin(site, read(site, args, kwargs)) or _NO_TURNS
        step: Callable[[Any], Any] = generator.asend
        value, failure = None, None
        try:
            while True:
                with turns:
                    item = await step(value)
                try:
                    value = yield item
                    step = generator.asend
                except BaseException as thrown:  # noqa: BLE001  # as above
                    step, value = generator.athrow, thrown
        except StopAsyncIteration:
            return
        except BaseException as error:
            failure = error
            raise
        finally:
            turns.end(failure)
            del value, failure  # as above

    return iterated


class _NoTurns:
    def __enter__(self) -> None:
        """Nothing is made current."""

    def __exit__(self, *raised: object) -> None:
        """So nothing ends to be."""

    def end(self, error: BaseException | None) -> None:
        """Nothing was kept."""


_NO_TURNS = _NoTurns()
