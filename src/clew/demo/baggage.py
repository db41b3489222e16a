"""The user and session that travel with every request and message, and become attributes of every span."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import baggage, context
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor

SHARED = ("user.id", "session.id")


class BaggageToAttributes(SpanProcessor):
    """Copies the shared baggage to every span as it starts, so that any service can be asked for a user."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        span.set_attributes(shared(parent_context))


def shared(carrier: Context | None) -> dict[str, str]:
    """The shared entries that a context carries; None is the current one."""
    found = {key: baggage.get_baggage(key, carrier) for key in SHARED}
    return {key: str(value) for key, value in found.items() if value is not None}


def with_baggage(entries: Mapping[str, str]) -> Context:
    """The current context with these entries as well."""
    carrier = context.get_current()
    for key, value in entries.items():
        carrier = baggage.set_baggage(key, value, carrier)
    return carrier


@contextmanager
def attached(carrier: Context) -> Iterator[None]:
    """Makes a context the current one for what is done inside."""
    token = context.attach(carrier)
    try:
        yield
    finally:
        context.detach(token)
