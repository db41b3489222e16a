"""The service, host and process that spans come from."""

import json
import logging
import os
import sys
import uuid
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from opentelemetry.util.types import AnyValue

from clew import __version__
from clew.sdk.attribute_values import put_all

_LOG = logging.getLogger(__name__)


class Resource:
    """Attributes of what makes spans, and never changed. One of the OpenTelemetry SDK may be used in its place."""

    __slots__ = ("_attributes", "_schema_url")

    def __init__(self, attributes: Mapping[str, AnyValue], schema_url: str | None = None) -> None:
        kept: dict[str, AnyValue] = {}
        put_all(kept, attributes, None, None)
        self._attributes = kept
        self._schema_url = schema_url or ""

    @property
    def attributes(self) -> Mapping[str, AnyValue]:
        return MappingProxyType(self._attributes)

    @property
    def schema_url(self) -> str:
        return self._schema_url

    def merge(self, other: "Resource") -> "Resource":
        """Both, where `other` wins; of two schemas that differ, neither is right, and this resource stays as it is."""
        if self.schema_url and other.schema_url and self.schema_url != other.schema_url:
            _LOG.error("resources of the schemas %s and %s can't be merged", self.schema_url, other.schema_url)
            return self
        return Resource({**self.attributes, **other.attributes}, self.schema_url or other.schema_url)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Resource):
            return NotImplemented
        return self._attributes == other._attributes and self._schema_url == other._schema_url

    def __hash__(self) -> int:
        return hash((tuple(sorted(self._attributes)), self._schema_url))

    def to_json(self, indent: int | None = 4) -> str:
        """For people, and for the OpenTelemetry SDK's console exporter."""
        described = {"attributes": dict(self._attributes), "schema_url": self._schema_url}
        return json.dumps(described, indent=indent, default=_as_json)

    def __repr__(self) -> str:
        return f"Resource({self._attributes!r})"


def detect_resource(given: Mapping[str, AnyValue], service: str | None = None) -> Resource:
    """What there is to know: `given` wins over `OTEL_SERVICE_NAME`, that over `OTEL_RESOURCE_ATTRIBUTES`.

    Without a name, the service is called after its program, as `unknown_service:…`, which is easily seen.
    """
    found: dict[str, AnyValue] = {**_process(), **environment_attributes()}
    if name := os.environ.get("OTEL_SERVICE_NAME"):
        found["service.name"] = name
    found.update(given)
    if service:
        found["service.name"] = service
    if not found.get("service.name"):
        found["service.name"] = "unknown_service:" + os.path.basename(sys.executable or "python")  # noqa: PTH119  # a word
    return Resource(found)


def environment_attributes() -> dict[str, AnyValue]:
    """`OTEL_RESOURCE_ATTRIBUTES`: `key=value` by commas, values percent-encoded. What is no pair is left out."""
    found: dict[str, AnyValue] = {}
    for item in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "").split(","):
        key, equals, value = item.partition("=")
        if equals and key.strip():
            found[key.strip()] = unquote(value.strip())
        elif item.strip():
            _LOG.warning("OTEL_RESOURCE_ATTRIBUTES has %r, which is no key=value; it is left out", item)
    return found


def of_this_process() -> dict[str, AnyValue]:
    """What is different in a process that was forked."""
    return {"process.pid": os.getpid(), "service.instance.id": str(uuid.uuid4())}


def _process() -> dict[str, AnyValue]:
    version: Sequence[Any] = sys.version_info[:3]
    return {
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "clew",
        "telemetry.sdk.version": __version__,
        "process.runtime.name": sys.implementation.name,
        "process.runtime.version": ".".join(map(str, version)),
        "host.name": os.uname().nodename,
        **of_this_process(),
    }


def _as_json(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
