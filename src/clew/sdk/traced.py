"""`traced`: a span of each call of a function."""

import functools
import inspect
import logging
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, overload

from opentelemetry.trace import SpanKind
from opentelemetry.util.types import Attributes

from clew.sdk.argument_values import ArgumentReader
from clew.sdk.call_site import CallSite
from clew.sdk.open_span import begin_call
from clew.sdk.turns import Reader, iterate, iterate_async

_LOG = logging.getLogger(__name__)
Function = TypeVar(
    "Function", bound="Callable[..., Any] | classmethod[Any, Any, Any] | staticmethod[Any, Any] | property"
)


@overload
def traced(function: Function, /) -> Function: ...


@overload
def traced(
    name: str | None = None,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Attributes = None,
    arguments: Iterable[str] = (),
) -> Callable[[Function], Function]: ...


def traced(
    name: Any = None,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Attributes = None,
    arguments: Iterable[str] = (),
) -> Any:
    """Decorate a function, a coroutine function, a generator of either kind, a method or a property.

    `name` is the function's own (`Cart.add`) unless it is given; `arguments` names those whose values become
    attributes. The span of a generator lasts from its first item to its end, and is current only while the generator
    runs. An error becomes the span's status. What can't be decorated stays as it is, with a warning.
    """
    if name is not None and not isinstance(name, str):
        return traced()(name)
    chosen = [arguments] if isinstance(arguments, str) else list(arguments)

    def decorate(function: Any) -> Any:
        def wrap(plain: Callable[..., Any]) -> Callable[..., Any]:
            site = site_of(plain, name, kind, attributes)
            return wrap_function(plain, site, _reader(plain, chosen) if chosen else None)

        return _within_descriptor(function, wrap)

    return decorate


def site_of(
    function: Callable[..., Any],
    name: str | None = None,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Attributes = None,
) -> CallSite:
    """Where the function's spans come from."""
    module = getattr(function, "__module__", None) or "__main__"
    qualname = getattr(function, "__qualname__", type(function).__qualname__).replace("<locals>.", "")
    described: Mapping[str, Any] = {"code.function.name": f"{module}.{qualname}", **(attributes or {})}
    return CallSite(module, name or qualname, kind, described)


def wrap_function(function: Callable[..., Any], site: CallSite, read: Reader | None = None) -> Callable[..., Any]:
    """What looks like the function, and makes a span of each call."""
    wrapped: Callable[..., Any]
    if inspect.isasyncgenfunction(function):
        wrapped = iterate_async(function, site, read or _of_site)
    elif inspect.isgeneratorfunction(function):
        wrapped = iterate(function, site, read or _of_site)
    else:
        wrapped = _called(function, site, read)
    return _as_if_of(function, wrapped)


def _called(function: Callable[..., Any], site: CallSite, read: Reader | None) -> Callable[..., Any]:
    begin = begin_call  # a variable of the closure: see _as_if_of
    if inspect.iscoroutinefunction(function):

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            with begin(site) if read is None else begin(site, read(site, args, kwargs)):
                return await function(*args, **kwargs)

        return awaited

    def called(*args: Any, **kwargs: Any) -> Any:
        with begin(site) if read is None else begin(site, read(site, args, kwargs)):
            return function(*args, **kwargs)

    return called


def _as_if_of(function: Callable[..., Any], wrapped: Any) -> Callable[..., Any]:
    """Give it the globals of the function's module: by those, doctest tells its own functions from imported ones.

    It must not use any global name, then.
    """
    scope = getattr(function, "__globals__", None)
    if isinstance(scope, dict):
        wrapped = types.FunctionType(wrapped.__code__, scope, closure=wrapped.__closure__)
    return functools.wraps(function)(wrapped)


def _of_site(site: CallSite, *_: object) -> Attributes:
    return site.attributes


def _reader(function: Callable[..., Any], names: Iterable[str]) -> Reader:
    arguments = ArgumentReader(function, names)

    def read(site: CallSite, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Attributes:
        if site.find() is None:
            return None
        return {**site.attributes, **arguments.read(args, kwargs)}

    return read


def _within_descriptor(function: Any, wrap: Callable[[Any], Any]) -> Any:
    """Functions are wrapped inside of what makes them a class method, a static method or a property."""
    if isinstance(function, staticmethod | classmethod):
        return type(function)(_within_descriptor(function.__func__, wrap))
    if isinstance(function, property):
        read, write, delete = (each and wrap(each) for each in (function.fget, function.fset, function.fdel))
        return type(function)(read, write, delete, function.__doc__)
    if isinstance(function, functools.cached_property):
        return type(function)(wrap(function.func))
    if isinstance(function, type) or not callable(function):
        _LOG.warning("%r is no function and can't be traced; decorate its methods", function)
        return function
    return wrap(function)
