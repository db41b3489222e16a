"""OpenTelemetry's exporters for Zipkin: what each language makes of the trace when every value has to be a text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.clients.described import Described, Text, event, span
from tests.clients.environments import GO
from tests.clients.programs import Program
from tests.clients.sdks import node
from tests.clients.shop import BACK, FRONT

_SCALARS = {
    "order.id": "o-0042 λ 🧵",
    "order.note": "",
    "order.express": "true",
    "order.paid": "false",
    "order.total_cents": "1250",
    "order.weight_kg": "0.1",
    "order.smallest": "5e-324",
}
_NODE_ORDER = _SCALARS | {
    "order.highest": "9007199254740991",
    "order.lowest": "-9007199254740991",
    "order.tags": "gift,",
    "order.quantities": "1,1099511627776,-1",
    "order.prices": "0.5,1e-7",
    "order.flags": "true,false",
}
_GO_ORDER = _SCALARS | {
    "order.highest": "9223372036854775807",
    "order.lowest": "-9223372036854775808",
    "order.rate": "3",
    "order.tags": '["gift",""]',
    "order.quantities": "[1,1099511627776,-1]",
    "order.prices": "[0.5,1e-7]",
    "order.flags": "[true,false]",
}


@dataclass(frozen=True)
class ZipkinExporter:
    """One language: its programs, and what its exporter writes. Links it leaves out; INTERNAL is no kind of Zipkin."""

    language: str
    program: Callable[[], Program]
    order: Mapping[str, str]
    accepted: str
    exception: str
    call: str

    def service(self, name: str, url: str) -> Program:
        """One service of the shop; the machine and the process are no tags of every span."""
        return self.program().with_variables(
            OTEL_SERVICE_NAME=name,
            OTEL_TRACES_EXPORTER="zipkin",
            OTEL_EXPORTER_ZIPKIN_ENDPOINT=url,
            OTEL_PROPAGATORS="b3",
            OTEL_METRICS_EXPORTER="none",
            OTEL_LOGS_EXPORTER="none",
            OTEL_NODE_RESOURCE_DETECTORS="env",
        )

    def spans(self) -> dict[str, Described]:
        return {
            "place order": self._span(
                FRONT, None, "UNSPECIFIED", self.order, events=[event(self.accepted)], status=("OK", "")
            ),
            self.call: self._span(FRONT, "place order", "CLIENT", {"http.request.method": "POST"}),
            "charge": self._span(BACK, self.call, "SERVER"),
            "check card": self._span(
                BACK, "charge", "UNSPECIFIED", events=[event(self.exception)], status=("ERROR", "the card has expired")
            ),
            "send receipt": self._span(BACK, "charge", "PRODUCER"),
            "write receipt": self._span(BACK, "send receipt", "CONSUMER"),
        }

    def _span(
        self, service: str, parent: str | None, kind: str, tags: Mapping[str, str] | None = None, **more: Any
    ) -> Described:
        resource = {
            "service.name": service,
            "telemetry.sdk.name": "opentelemetry",
            "telemetry.sdk.language": self.language,
            "telemetry.sdk.version": Text(r"\d+\.\d+\.\d+"),
        }
        return span(service, parent, kind, attributes={**(tags or {}), **resource}, **more)


def _go() -> Program:
    return Program([str(GO.prepare() / "zipkin")])


EXPORTERS = (
    # The exporter for Node writes no attributes of events.
    ZipkinExporter("nodejs", node, _NODE_ORDER, "accepted", "exception", "POST /charge"),
    # That for Go writes names in lower case, as Zipkin's own clients do, and attributes of events into the text.
    ZipkinExporter(
        "go",
        _go,
        _GO_ORDER,
        'accepted: {"attempt":1,"queue":"fast"}',
        'exception: {"exception.message":"the card has expired","exception.type":"*errors.errorString"}',
        "post /charge",
    ),
)
