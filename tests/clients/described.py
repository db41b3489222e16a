"""A trace in words: what a client was told to send and what Clew stored, in the same terms, compared field by field."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status, TracesData

Described: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Text:
    """Any string value that the pattern matches in full: a stack trace, the version of a library."""

    pattern: str

    def __eq__(self, other: object) -> bool:
        kind, _, value = str(other).partition(" ")
        return kind == "string" and re.fullmatch(self.pattern, value, re.DOTALL) is not None

    def __hash__(self) -> int:
        return hash(self.pattern)


def typed(value: Any) -> Any:
    """A value with its type, as text: 3 and 3.0, 1 and True are not the same."""
    match value:
        case bool():
            return f"bool {value}"
        case int():
            return f"int {value}"
        case float():
            return f"double {value!r}"
        case str():
            return f"string {value}"
        case list():
            return [typed(each) for each in value]
    assert isinstance(value, Text), f"no client is told to send {value!r}"
    return value


def span(
    service: str,
    parent: str | None,
    kind: str = "INTERNAL",
    *,
    attributes: Mapping[str, Any] | None = None,
    **more: Any,
) -> Described:
    """What one span must be; `more` is any of events, links, status, resource and scope."""
    return {
        "service": service,
        "parent": parent,
        "kind": kind,
        "attributes": typed_attributes(attributes or {}),
        "events": more.pop("events", []),
        "links": more.pop("links", []),
        "status": more.pop("status", ("UNSET", "")),
        **more,
    }


def event(name: str, **attributes: Any) -> tuple[str, Described]:
    """What one event must be; `__` in a name of an attribute stands for a dot."""
    return name, typed_attributes({key.replace("__", "."): value for key, value in attributes.items()})


def link(to: str, **attributes: Any) -> tuple[str, Described]:
    """What one link must be: the name of a span of the same trace."""
    return to, typed_attributes(attributes)


def typed_attributes(attributes: Mapping[str, Any]) -> Described:
    """Each value with its type."""
    return {key: typed(value) for key, value in attributes.items()}


def describe(data: TracesData) -> dict[str, Described]:
    """Every stored span by its name, which must be the only one of that name."""
    spans = list(_each(data))
    names = {each.span_id: each.name for _, _, each in spans}
    assert len(set(names.values())) == len(spans), f"a span is there twice: {sorted(each.name for _, _, each in spans)}"
    return {
        each.name: _described(each, names) | {"service": resource["service.name"], "resource": resource, "scope": scope}
        for resource, scope, each in spans
    }


def difference(stored: dict[str, Described], expected: dict[str, Described]) -> list[str]:
    """Each field that differs, in words; fields that a span is not expected to have are not looked at."""
    found = [f"{name!r} is missing" for name in expected.keys() - stored.keys()]
    found += [f"{name!r} was never sent" for name in stored.keys() - expected.keys()]
    for name in expected.keys() & stored.keys():
        for field, value in expected[name].items():
            if value != stored[name][field]:
                found.append(f"{name!r}, {field}:\n  sent   {value}\n  stored {stored[name][field]}")
    return sorted(found)


def _each(data: TracesData) -> Iterator[tuple[Described, tuple[str, str], Span]]:
    for group in data.resource_spans:
        resource = _attributes(group.resource.attributes)
        resource["service.name"] = resource["service.name"].removeprefix("string ")
        for scoped in group.scope_spans:
            for each in scoped.spans:
                yield resource, (scoped.scope.name, scoped.scope.version), each


def _described(stored: Span, names: dict[bytes, str]) -> Described:
    """Spans of other traces are called by their ids."""
    return {
        "parent": names.get(stored.parent_span_id, stored.parent_span_id.hex()) if stored.parent_span_id else None,
        "kind": Span.SpanKind.Name(stored.kind).removeprefix("SPAN_KIND_"),
        "attributes": _attributes(stored.attributes),
        "events": [(each.name, _attributes(each.attributes)) for each in stored.events],
        "links": [(names.get(each.span_id, each.span_id.hex()), _attributes(each.attributes)) for each in stored.links],
        "status": (Status.StatusCode.Name(stored.status.code).removeprefix("STATUS_CODE_"), stored.status.message),
    }


def _attributes(stored: Iterable[KeyValue]) -> Described:
    pairs = [(each.key, _typed_value(each.value)) for each in stored]
    described = dict(pairs)
    assert len(described) == len(pairs), f"an attribute is there twice: {pairs}"
    return described


def _typed_value(stored: AnyValue) -> Any:
    kind = stored.WhichOneof("value")
    if kind == "array_value":
        return [_typed_value(each) for each in stored.array_value.values]
    assert kind in {"string_value", "bool_value", "int_value", "double_value", "bytes_value"}, f"no value: {stored}"
    return typed(getattr(stored, kind)) if kind != "bytes_value" else f"bytes {stored.bytes_value.hex()}"
