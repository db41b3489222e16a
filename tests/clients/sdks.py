"""The SDKs of OpenTelemetry: how the programs of each language are started, and what it makes of the same trace."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.clients.described import Described, Text
from tests.clients.environments import (
    GO,
    JAVA_OPENTELEMETRY,
    NODE_OPENTELEMETRY,
    PYTHON_OPENTELEMETRY,
)
from tests.clients.programs import Program
from tests.clients.shop import LISTS, ORDER, opentelemetry_trace


@dataclass(frozen=True)
class Sdk:
    """One language: its programs, the protocols it speaks, and what is its own in the trace."""

    language: str
    program: Callable[[], Program]
    protocols: tuple[str, ...]
    exception: Mapping[str, Any]
    order: Mapping[str, Any]

    def service(self, name: str, endpoint: str, protocol: str = "http/protobuf", **variables: str) -> Program:
        """One service of the shop, set up by the variables that every SDK reads."""
        return self.program().with_variables(
            OTEL_SERVICE_NAME=name,
            OTEL_EXPORTER_OTLP_ENDPOINT=endpoint,
            OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
            OTEL_METRICS_EXPORTER="none",
            OTEL_LOGS_EXPORTER="none",
            **variables,
        )

    def front_spans(self) -> dict[str, Described]:
        return {name: span for name, span in self._spans().items() if span["service"] == "front"}

    def back_spans(self) -> dict[str, Described]:
        return {name: span for name, span in self._spans().items() if span["service"] == "back"}

    def _spans(self) -> dict[str, Described]:
        return opentelemetry_trace(self.exception, self.order)


def python() -> Program:
    """As the page says: a program that knows the API only, started by `opentelemetry-instrument`."""
    python = PYTHON_OPENTELEMETRY.prepare() / "venv/bin/python"
    script = PYTHON_OPENTELEMETRY.sources / "shop.py"
    return Program([str(python.with_name("opentelemetry-instrument")), str(python), str(script)])


def node() -> Program:
    """`node --import ./tracing.mjs`."""
    NODE_OPENTELEMETRY.prepare()
    return Program(["node", "--import", "./tracing.mjs", "shop.mjs"], folder=NODE_OPENTELEMETRY.sources)


def go() -> Program:
    """A program built with its dependencies inside."""
    return Program([str(GO.prepare() / "opentelemetry")])


def java() -> Program:
    """The classes with their jars; a program that runs for a second gains nothing from the second compiler."""
    made = JAVA_OPENTELEMETRY.prepare()
    return Program(["java", "-XX:TieredStopAtLevel=1", "-cp", f"{made}/classes:{made}/lib/*", "Shop"])


# JavaScript has one kind of number: whole ones are sent as int, exact to 53 bits.
_NODE_ORDER = ORDER | LISTS | {"order.highest": 2**53 - 1, "order.lowest": 1 - 2**53}
del _NODE_ORDER["order.rate"]


def _exception(type_name: str, **more: Any) -> dict[str, Any]:
    return {
        "exception.type": type_name,
        "exception.message": "the card has expired",
        **{f"exception.{key}": value for key, value in more.items()},
    }


SDKS = (
    Sdk(
        "python",
        python,
        ("grpc", "http/protobuf"),
        _exception("ValueError", stacktrace=Text("Traceback.*shop.py.*"), escaped="False"),
        ORDER | LISTS,
    ),
    Sdk(
        "node",
        node,
        ("grpc", "http/protobuf", "http/json"),
        _exception("TypeError", stacktrace=Text("TypeError: .*shop.mjs.*")),
        _NODE_ORDER,
    ),
    Sdk("go", go, ("grpc", "http/protobuf"), _exception("*errors.errorString"), ORDER | LISTS),
    Sdk(
        "java",
        java,
        ("grpc", "http/protobuf"),
        _exception("java.lang.IllegalStateException", stacktrace=Text("java.lang.*Shop.java.*")),
        ORDER | LISTS,
    ),
)
