"""What the spans of SkyWalking's agents have in common when they are stored, and the Clew that they send to."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.clients.described import Described, Text, span
from tests.clients.stored import Stored, running_clew


class _AnyInt(Text):
    """Any whole number."""

    def __eq__(self, other: object) -> bool:
        return re.fullmatch(r"int -?\d+", str(other)) is not None

    __hash__ = Text.__hash__


ID = Text("[0-9a-f]{32}")
PEER = Text(r"127\.0\.0\.1:\d+")
CALL: dict[str, Any] = {
    "sw8.span_layer": "Http",
    "sw8.peer": PEER,
    "http.method": "POST",
    "http.url": Text(r"http://127\.0\.0\.1:\d+/charge"),
    "http.status_code": "204",
    "http.response.status_code": 204,
}
"""Both sides of the call from one service to the other."""
ASKED = {"server.address": "127.0.0.1", "server.port": _AnyInt("")}
"""The side that asks."""


@contextlib.contextmanager
def clew_for_skywalking(directory: Path) -> Iterator[Stored]:
    """One whose only doors are SkyWalking's."""
    with running_clew(directory, "skywalking") as stored:
        yield stored


def agent_span(service: str, number: int, parent: str | None, kind: str = "INTERNAL", **more: Any) -> Described:
    """A span with the attributes that each has; `parent_number` is that of a parent in the same segment."""
    attributes = {"sw8.trace_id": ID, "sw8.segment_id": ID, "sw8.span_id": number} | more.pop("attributes", {})
    if "parent_number" in more:
        attributes["sw8.parent_span_id"] = more.pop("parent_number")
    resource = {"service.name": service, "service.instance.id": f"string {service}@1"}
    return span(service, parent, kind, attributes=attributes, resource=resource, scope=("skywalking", ""), **more)


def reference(service: str, number: int, kind: str = "CrossProcess") -> dict[str, Any]:
    """What a span says of its parent in another segment."""
    return {
        "sw8.ref_type": kind,
        "sw8.parent_segment_id": ID,
        "sw8.parent_span_id": number,
        "sw8.parent_service": service,
        "sw8.parent_service_instance": f"{service}@1",
    }
