"""`consumed`: the work on a message, or on a batch of them, as a span that knows who sent them."""

from collections.abc import Iterable, Mapping
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter
from opentelemetry.trace import Link, SpanContext, SpanKind
from opentelemetry.util.types import Attributes

from clew.sdk.block import calling_module
from clew.sdk.open_span import Block

Headers = Mapping[Any, Any] | Iterable[tuple[Any, Any]] | None
"""Names and values as the client of a broker gives them: texts or bytes, as a mapping or as pairs."""


def consumed(name: str, headers: Headers, *, continues: bool = True, attributes: Attributes = None) -> Block:
    """The work on one message as a CONSUMER span, for `with` and `async with`.

    `with consumed("process orders", message.headers()):`

    It goes on with the trace of whoever sent the message, and links to the span that is current here, if any. With
    `continues=False` it is the other way round: it belongs to what is current here, and links to the sender.
    """
    here, sent = trace.get_current_span().get_span_context(), _extract(headers)
    sender = trace.get_current_span(sent).get_span_context()
    given = {"messaging.operation.type": "process", **(attributes or {})}
    if continues and sender.is_valid:
        return Block(calling_module(), name, SpanKind.CONSUMER, given, links=_links([here]), context=sent)
    return Block(calling_module(), name, SpanKind.CONSUMER, given, links=_links([sender]))


def consumed_batch(name: str, headers_of_each: Iterable[Headers], *, attributes: Attributes = None) -> Block:
    """The same around the work on many: it belongs to what is current here, and links to each sender once."""
    senders = [trace.get_current_span(_extract(headers)).get_span_context() for headers in headers_of_each]
    given = {
        "messaging.operation.type": "process",
        "messaging.batch.message_count": len(senders),
        **(attributes or {}),
    }
    return Block(calling_module(), name, SpanKind.CONSUMER, given, links=_links(senders))


def _links(contexts: Iterable[SpanContext]) -> list[Link]:
    known = {(context.trace_id, context.span_id): context for context in contexts if context.is_valid}
    return [Link(context) for context in known.values()]


def _extract(headers: Headers) -> Context:
    """What the application's propagators find; nothing of what is current here."""
    from opentelemetry import propagate  # noqa: PLC0415  # looks for propagators in all installed packages

    return propagate.extract(_read(headers), Context(), _TextGetter())


def _read(headers: Headers) -> dict[str, list[str]]:
    """Never raises: a message whose headers can't be read has none."""
    found: dict[str, list[str]] = {}
    try:
        for key, value in headers.items() if isinstance(headers, Mapping) else headers or ():
            for each in value if isinstance(value, list | tuple) else [value]:
                found.setdefault(_text(key).lower(), []).append(_text(each))
    except (TypeError, ValueError):
        return found
    return found


def _text(value: object) -> str:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | bytearray | memoryview) else str(value)


class _TextGetter(Getter[dict[str, list[str]]]):
    def get(self, carrier: dict[str, list[str]], key: str) -> list[str] | None:
        return carrier.get(key.lower())

    def keys(self, carrier: dict[str, list[str]]) -> list[str]:
        return list(carrier)
