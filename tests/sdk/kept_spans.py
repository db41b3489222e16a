"""A provider whose spans are kept in a list when they end."""

from typing import Any

from clew.sdk.processor import SpanProcessor
from clew.sdk.provider import TracerProvider
from clew.sdk.span import Span


class Kept(SpanProcessor):
    """The spans that ended, in that order."""

    def __init__(self) -> None:
        self.spans: list[Span] = []

    def on_end(self, span: Span) -> None:
        self.spans.append(span)

    @property
    def names(self) -> list[str]:
        return [span.name for span in self.spans]


def keeping_provider(**options: Any) -> tuple[TracerProvider, Kept]:
    """One that leaves nothing registered for the end of the process."""
    provider, kept = TracerProvider(shutdown_on_exit=False, **options), Kept()
    provider.add_span_processor(kept)
    return provider, kept
