"""The exporters for Jaeger that OpenTelemetry's SDK for Python had until 2023: by gRPC, HTTP and UDP."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.clients.described import Described, Text, event, link, span
from tests.clients.environments import PYTHON_JAEGER_EXPORTERS, PYTHON_OPENTELEMETRY
from tests.clients.programs import Program, run_two
from tests.clients.shop import BACK, FRONT, ORDER
from tests.clients.stored import Stored

LISTS = {
    "order.tags": "('gift', '')",
    "order.quantities": "(1, 1099511627776, -1)",
    "order.prices": "(0.5, 1e-07)",
    "order.flags": "(True, False)",
}
# The exporters write the resource into every span.
RESOURCE_TAGS = {
    "telemetry.sdk.name": "opentelemetry",
    "telemetry.sdk.language": "python",
    "telemetry.sdk.version": "1.21.0",
    "telemetry.auto.version": "0.42b0",
}


def _variables(way: str, addresses: Mapping[str, str]) -> dict[str, str]:
    host, _, port = addresses["jaeger_compact"].rpartition(":")
    return {
        "grpc": {
            "OTEL_TRACES_EXPORTER": "jaeger_proto",
            "OTEL_EXPORTER_JAEGER_ENDPOINT": addresses["jaeger_grpc"],
            "OTEL_EXPORTER_JAEGER_GRPC_INSECURE": "true",
            # Its generated code is older than any protobuf for Python 3.11, as the error says that comes without this.
            "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python",
        },
        "http": {
            "OTEL_TRACES_EXPORTER": "jaeger_thrift",
            "OTEL_EXPORTER_JAEGER_ENDPOINT": f"http://{addresses['jaeger_http']}/api/traces?format=jaeger.thrift",
        },
        "udp": {
            "OTEL_TRACES_EXPORTER": "jaeger_thrift",
            "OTEL_EXPORTER_JAEGER_AGENT_HOST": host,
            "OTEL_EXPORTER_JAEGER_AGENT_PORT": port,
        },
    }[way]


def _service(name: str, variables: Mapping[str, str]) -> Program:
    python = PYTHON_JAEGER_EXPORTERS.prepare() / "venv/bin/python"
    script = PYTHON_OPENTELEMETRY.sources / "shop.py"
    return Program(
        [str(python.with_name("opentelemetry-instrument")), str(python), str(script)],
        {"OTEL_SERVICE_NAME": name, "OTEL_PROPAGATORS": "jaeger", "OTEL_METRICS_EXPORTER": "none", **variables},
    )


def _event(name: str, **attributes: Any) -> tuple[str, Described]:
    """The exporters call the name of an event its message."""
    return event(name, message=name, **attributes)


def _spans() -> dict[str, Described]:
    def of(
        service: str, parent: str | None, kind: str, tags: Mapping[str, Any] | None = None, **more: Any
    ) -> Described:
        attributes = {**(tags or {}), "service.name": service, **RESOURCE_TAGS}
        return span(service, parent, kind, attributes=attributes, scope=("shop", "1.2.3"), **more)

    exception = _event(
        "exception",
        exception__type="ValueError",
        exception__message="the card has expired",
        exception__stacktrace=Text("Traceback.*"),
        exception__escaped="False",
    )
    follows = link("charge", **{"opentracing.ref_type": "follows_from"})
    return {
        "place order": of(
            FRONT,
            None,
            "INTERNAL",
            ORDER | LISTS,
            events=[_event("accepted", queue="fast", attempt=1)],
            status=("OK", ""),
        ),
        "POST /charge": of(FRONT, "place order", "CLIENT", {"http.request.method": "POST"}),
        "charge": of(BACK, "POST /charge", "SERVER"),
        "check card": of(BACK, "charge", "INTERNAL", events=[exception], status=("ERROR", "the card has expired")),
        "send receipt": of(BACK, "charge", "PRODUCER"),
        "write receipt": of(BACK, "send receipt", "CONSUMER", links=[follows]),
    }


@pytest.mark.parametrize("way", ["grpc", "http", "udp"])
def test_a_trace_that_is_exported_as_jaegers_is_stored(clew: Stored, way: str) -> None:
    """What the exporter had to write as tags is kind, status, scope and event again; lists are texts."""
    variables = _variables(way, clew.server.addresses)
    clew.assert_is(run_two(_service(FRONT, variables), _service(BACK, variables)), _spans())
