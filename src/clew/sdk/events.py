"""What happens within a span, and what it is linked to."""

from collections.abc import Mapping
from typing import Any

from opentelemetry.trace import Link, SpanContext
from opentelemetry.util.types import AnyValue, Attributes

from clew.sdk.attribute_values import put_all


class Event:
    """Something that happened at a moment; `timestamp` in ns since the epoch. Its attributes are not to be changed."""

    __slots__ = ("attributes", "dropped_attributes", "name", "timestamp")

    def __init__(self, name: str, timestamp: int, attributes: Mapping[str, AnyValue], dropped_attributes: int) -> None:
        self.name = name
        self.timestamp = timestamp
        self.attributes = attributes
        self.dropped_attributes = dropped_attributes

    def __repr__(self) -> str:
        return f"Event(name={self.name!r}, timestamp={self.timestamp}, attributes={self.attributes!r})"


class BoundedLink(Link):
    """A link whose attributes are clean and bounded."""

    def __init__(self, context: SpanContext, attributes: Attributes, most: int | None, most_chars: int | None) -> None:
        kept: dict[str, Any] = {}
        self._dropped = put_all(kept, attributes, most, most_chars) if attributes else 0
        super().__init__(context, kept)

    @property
    def dropped_attributes(self) -> int:
        return self._dropped


def is_worth_keeping(context: SpanContext | None, attributes: Attributes) -> bool:
    """A link to nowhere is kept only for what it says otherwise."""
    return context is not None and bool(context.is_valid or attributes or context.trace_state)
