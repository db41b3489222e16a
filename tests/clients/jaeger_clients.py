"""The clients of Jaeger: how the programs of each language are started, and what it makes of the same trace."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.clients.described import Described, event, link, span
from tests.clients.environments import GO, NODE_JAEGER, PYTHON_JAEGER, ROOT
from tests.clients.programs import Program
from tests.clients.shop import BACK, FRONT, ORDER


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class JaegerClient:
    """One language: its programs, the doors it can send to, and what is its own in the trace."""

    language: str
    program: Callable[[], Program]
    doors: tuple[str, ...]
    error_kind: str
    as_sent: Callable[[Any], Any] = _as_it_is
    left_out: frozenset[str] = frozenset()

    def front_spans(self, sampler: str = "const", param: Any = True) -> dict[str, Described]:
        order = {key: self.as_sent(value) for key, value in ORDER.items() if key not in self.left_out}
        accepted = event("accepted", queue="fast", attempt=self.as_sent(1))
        return {
            "place order": span(
                FRONT,
                None,
                "UNSPECIFIED",
                attributes=order | {"sampler.type": sampler, "sampler.param": param},
                events=[accepted],
            ),
            "POST /charge": span(FRONT, "place order", "CLIENT", attributes={"http.method": "POST"}),
        }

    def back_spans(self) -> dict[str, Described]:
        error = event("error", error__kind=self.error_kind, message="the card has expired")
        follows = link("charge", **{"opentracing.ref_type": "follows_from"})
        return {
            "charge": span(BACK, "POST /charge", "SERVER"),
            "check card": span(BACK, "charge", "UNSPECIFIED", events=[error], status=("ERROR", "")),
            "send receipt": span(BACK, "charge", "PRODUCER"),
            "write receipt": span(BACK, "send receipt", "CONSUMER", links=[follows]),
        }


def service(client: JaegerClient, name: str, door: str, address: str) -> Program:
    """One service of the shop that keeps every trace, set up by the variables that Jaeger's clients read."""
    host, _, port = address.rpartition(":")
    to = {"JAEGER_AGENT_HOST": host, "JAEGER_AGENT_PORT": port}
    if door == "http":
        to = {"JAEGER_ENDPOINT": f"http://{address}/api/traces"}
    sampler = {"JAEGER_SAMPLER_TYPE": "const", "JAEGER_SAMPLER_PARAM": "1"}
    return client.program().with_variables(JAEGER_SERVICE_NAME=name, **to, **sampler)


def python() -> Program:
    """From the root of the checkout, where the programs are modules."""
    python = PYTHON_JAEGER.prepare() / "venv/bin/python"
    return Program([str(python), "-m", "tests.clients.python.jaeger.shop"], folder=ROOT)


def node() -> Program:
    """Beside its packages."""
    NODE_JAEGER.prepare()
    return Program(["node", "shop.mjs"], folder=NODE_JAEGER.sources)


def go() -> Program:
    """A program built with its dependencies inside."""
    return Program([str(GO.prepare() / "jaeger")])


def _as_node_sends(value: Any) -> Any:
    """Every number is a double."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


PYTHON = JaegerClient("python", python, ("udp",), "ValueError")
NODE = JaegerClient(
    "node", node, ("udp", "http"), "TypeError", _as_node_sends, frozenset({"order.highest", "order.lowest"})
)
GO_CLIENT = JaegerClient("go", go, ("udp", "http"), "errorString")
JAEGER_CLIENTS = (PYTHON, NODE, GO_CLIENT)
