"""What goes wrong within spans, recorded once however many of them it leaves."""

import contextlib
import logging

from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode

from clew.sdk.span import Span

_LOG = logging.getLogger(__name__)
_MARK = "_clew_recorded_in"


def keep_failure(span: trace.Span, error: BaseException | None) -> None:
    """Keep an error that leaves a span: all such spans have the status, the first one of a trace the stack trace, too.

    What only ends a program, a task or an iteration is no error. Never raises.
    """
    if not isinstance(error, Exception):
        return
    try:
        if span.is_recording():
            _keep(span, error)
    except Exception:  # noqa: BLE001  # an error of tracing must not take the place of the application's own
        _LOG.warning("an error of type %s could not be kept in its span", type(error).__name__, exc_info=True)


def _keep(span: trace.Span, error: Exception) -> None:
    is_news = _is_news(error, span.get_span_context().trace_id)
    if isinstance(span, Span):
        span.fail(error, is_news, True)
        return
    if is_news:
        span.record_exception(error)
    span.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {error}"))


def _is_news(error: Exception, trace_id: int) -> bool:
    """Whether this trace doesn't have it yet; from now on it does.

    The mark is the error's own: most errors can't be referred to weakly, and to hold one holds its whole stack. It is a
    number, because an error may be pickled, and of the trace, because one error may be raised again for other people.
    """
    with contextlib.suppress(AttributeError, TypeError):
        attributes = error.__dict__
        if attributes.get(_MARK) == trace_id:
            return False
        attributes[_MARK] = trace_id
    return True
