"""A span as JSON for people, in the form that the OpenTelemetry SDK's console exporter prints."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from opentelemetry.trace import Link, SpanContext, SpanKind, Status
from opentelemetry.util.types import AnyValue, Attributes

from clew.sdk.events import Event
from clew.sdk.resource import Resource

_NS = 1_000_000_000


def span_as_json(
    name: str,
    context: SpanContext,
    kind: SpanKind,
    *,
    parent: SpanContext | None,
    times: tuple[int, int | None],
    status: Status,
    attributes: Mapping[str, AnyValue],
    events: Sequence[Event],
    links: Sequence[Link],
    resource: Resource,
    indent: int | None,
) -> str:
    """Ids as hexadecimal digits, times as UTC with microseconds; what JSON doesn't know as its text."""
    described = {
        "name": name,
        "context": _context(context),
        "kind": str(kind),
        "parent_id": None if parent is None else f"0x{parent.span_id:016x}",
        "start_time": _time(times[0]),
        "end_time": _time(times[1]),
        "status": _status(status),
        "attributes": dict(attributes),
        "events": [
            {"name": event.name, "timestamp": _time(event.timestamp), "attributes": _plain(event.attributes)}
            for event in events
        ],
        "links": [{"context": _context(link.context), "attributes": _plain(link.attributes)} for link in links],
        "resource": json.loads(resource.to_json()),
    }
    return json.dumps(described, indent=indent, default=str)


def _context(context: SpanContext) -> dict[str, str]:
    return {
        "trace_id": f"0x{context.trace_id:032x}",
        "span_id": f"0x{context.span_id:016x}",
        "trace_state": repr(context.trace_state),
    }


def _plain(attributes: Attributes) -> dict[str, Any]:
    return dict(attributes or {})


def _status(status: Status) -> dict[str, str]:
    described = {"status_code": status.status_code.name}
    if status.description:
        described["description"] = status.description
    return described


def _time(time_ns: int | None) -> str | None:
    """Whole seconds and the rest apart: a float has no nanoseconds at this size."""
    if time_ns is None:
        return None
    seconds, rest_ns = divmod(time_ns, _NS)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest_ns // 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
