"""What OpenTelemetry's Zipkin exporters had to write as tags and annotation texts, put back where OTLP has it.

Sources: OpenTelemetry's "OpenTelemetry to Zipkin Transformation" and "Mapping to non-OTLP formats", and the forms that
the Collector's Zipkin exporter writes. What doesn't have exactly that form stays a tag or a text.
"""

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from clew.wire.zipkin_span import INTERNAL, UNSPECIFIED, TagValue

Tags: TypeAlias = dict[str, TagValue]

STATUS_OK, STATUS_ERROR = 1, 2
_STATUS = {"OK": STATUS_OK, "ERROR": STATUS_ERROR, "STATUS_CODE_OK": STATUS_OK, "STATUS_CODE_ERROR": STATUS_ERROR}
_DROPPED = {
    "otel.dropped_attributes_count": "dropped_attributes_count",
    "otel.dropped_events_count": "dropped_events_count",
    "otel.dropped_links_count": "dropped_links_count",
}
_COUNT = re.compile(r"[1-9][0-9]{0,9}")
_COLLECTOR_EVENT = re.compile(r"([^|]*)\|(\{.*\})\|(0|[1-9][0-9]{0,9})", re.DOTALL)


@dataclass(slots=True)
class OtelFields:
    """The fields of OTLP that were found in tags; `span` has those of Span by name."""

    scope: tuple[str, str]
    span: dict[str, Any]


def take_otel_tags(tags: Tags, kind: int) -> OtelFields:
    """Take out of `tags` what belongs into other fields of OTLP; `kind` is the kind that Zipkin's field says."""
    span: dict[str, Any] = {"kind": kind} if kind else {}
    if kind == UNSPECIFIED and tags.get("span.kind") == "internal":
        del tags["span.kind"]
        span["kind"] = INTERNAL
    if isinstance(tags.get("w3c.tracestate"), str):
        span["trace_state"] = tags.pop("w3c.tracestate")
    status = _take_status(tags)
    if status:
        span["status"] = status
    for name, target in _DROPPED.items():
        value = tags.get(name)
        if isinstance(value, str) and _COUNT.fullmatch(value) and int(value) < 2**32:
            span[target] = int(tags.pop(name))
    return OtelFields((_take_scope(tags, "name"), _take_scope(tags, "version")), span)


def _take_scope(tags: Tags, part: str) -> str:
    """The scope was called library before; exporters write both for a while."""
    new, old = tags.get(f"otel.scope.{part}"), tags.get(f"otel.library.{part}")
    found = new if isinstance(new, str) else old if isinstance(old, str) else ""
    for name in (f"otel.scope.{part}", f"otel.library.{part}"):
        if isinstance(tags.get(name), str) and tags[name] == found:
            del tags[name]
    return found


def _take_status(tags: Tags) -> dict[str, Any]:
    stated = tags.get("otel.status_code")
    code = _STATUS.get(stated.upper()) if isinstance(stated, str) else None
    if code is None:
        return _status_of_error_tag(tags.get("error"))
    del tags["otel.status_code"]
    if code == STATUS_OK:
        return {"code": STATUS_OK}
    message = _take_message(tags)
    return {"code": STATUS_ERROR, "message": message} if message else {"code": STATUS_ERROR}


def _take_message(tags: Tags) -> str:
    error, description = tags.get("error"), tags.get("otel.status_description")
    if isinstance(description, str):
        del tags["otel.status_description"]
        if error in ("", "true", description):
            del tags["error"]
        return description
    if not isinstance(error, str):
        return ""
    del tags["error"]
    return "" if error == "true" else error


def _status_of_error_tag(error: TagValue | None) -> dict[str, Any]:
    """Zipkin takes a span with this tag, whatever its value, for failed; the tag stays, for people search for it."""
    if error is None or error is False or error == "false":
        return {}
    has_message = isinstance(error, str) and error not in ("", "true")
    return {"code": STATUS_ERROR, "message": error} if has_message else {"code": STATUS_ERROR}


@dataclass(slots=True)
class EventText:
    """An annotation's text taken apart; `attributes` is empty when it was plain."""

    name: str
    attributes: dict[str, Any]
    dropped_attributes: int = 0


def read_event_text(text: str) -> EventText:
    """`{"name": {…}}` and `"name": {…}` as SDKs write an event with attributes, `name|{…}|dropped` as the Collector."""
    found: EventText | None = None
    if text.startswith(("{", '"')) and text.endswith("}"):
        found = _sdk_event(text if text[0] == "{" else f"{{{text}}}")
    elif match := _COLLECTOR_EVENT.fullmatch(text):
        attributes = _flat_object(match[2])
        if attributes is not None and int(match[3]) < 2**32:
            found = EventText(match[1], attributes, int(match[3]))
    return found or EventText(text, {})


def _sdk_event(text: str) -> EventText | None:
    outer = _object(text)
    if outer is None or len(outer) != 1:
        return None
    name, attributes = next(iter(outer.items()))
    return EventText(name, attributes) if isinstance(attributes, dict) and _is_flat(attributes) else None


def _flat_object(text: str) -> dict[str, Any] | None:
    found = _object(text)
    return found if found is not None and _is_flat(found) else None


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None
    return found if isinstance(found, dict) else None


def _is_flat(attributes: dict[str, Any]) -> bool:
    return all([_is_scalar(value) or _is_list(value) for value in attributes.values()])


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all([_is_scalar(each) for each in value])


def _is_scalar(value: object) -> bool:
    is_small = not isinstance(value, int) or -(2**63) <= value < 2**63
    return isinstance(value, str | bool | int | float) and is_small
