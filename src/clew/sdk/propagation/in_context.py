"""The current context for work that is done elsewhere: in a thread, a pool, another process.

Tasks of asyncio, and what `asyncio.to_thread` runs, have the context of their maker anyway; `run_in_executor`,
`threading.Thread`, pools and processes have not.
"""

from collections.abc import Callable, Coroutine
from types import CoroutineType
from typing import Any, Generic, ParamSpec, TypeVar, cast

from opentelemetry.context import Context, attach, detach, get_current

from clew.sdk.propagation.baggage import BaggagePropagator
from clew.sdk.propagation.remote_parent import RemoteDecision, current_parent, decision_for, with_decided_parent
from clew.sdk.propagation.trace_context import TraceContextPropagator

_P = ParamSpec("_P")
_R = TypeVar("_R")
_TRACE, _BAGGAGE = TraceContextPropagator(), BaggagePropagator()


class InContext(Generic[_P, _R]):
    """A function that runs in the context in which this was made, as often as it is called, wherever that is.

    `executor.submit(InContext(function), 1)`, `Thread(target=InContext(function))`. May be called by several threads
    at once. Of a coroutine function it is the coroutine that runs in the context; of a generator it isn't.

    It can be pickled when its function can. Then the trace and the baggage go along, values as texts; in the other
    process the span is a remote parent. What else is in the context stays behind.
    """

    __slots__ = ("_context", "_function")

    def __init__(self, function: Callable[_P, _R], context: Context | None = None) -> None:
        self._function = function
        self._context = get_current() if context is None else context

    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        token = attach(self._context)
        try:
            result = self._function(*args, **kwargs)
        finally:
            detach(token)
        return cast("_R", self._awaited(result)) if isinstance(result, CoroutineType) else result

    def __reduce__(self) -> tuple[Any, ...]:
        headers: dict[str, str] = {}
        _TRACE.inject(headers, self._context)
        _BAGGAGE.inject(headers, self._context)
        span = current_parent(self._context)
        is_debug = span is not None and decision_for(self._context, span) is RemoteDecision.DEBUG
        return _restored, (self._function, headers, is_debug)

    def __repr__(self) -> str:
        return f"InContext({self._function!r})"

    async def _awaited(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        token = attach(self._context)
        try:
            return await coroutine
        finally:
            detach(token)


def _restored(function: Callable[..., Any], headers: dict[str, str], is_debug: bool) -> InContext[..., Any]:
    context = _BAGGAGE.extract(headers, _TRACE.extract(headers))
    span = current_parent(context)
    if is_debug and span is not None:
        context = with_decided_parent(context, span.trace_id, span.span_id, RemoteDecision.DEBUG)
    return InContext(function, context)
