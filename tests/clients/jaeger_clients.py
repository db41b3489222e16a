"""The clients of Jaeger: how the programs of each language are started, and what it makes of the same trace."""

from collections.abc import Callable, Mapping
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
    """One language: its programs, the door for each way it can send, and what is its own in the trace."""

    language: str
    program: Callable[[], Program]
    doors: Mapping[str, str]
    error_kind: str
    as_sent: Callable[[Any], Any] = _as_it_is
    left_out: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.language

    def service(self, name: str, way: str, addresses: Mapping[str, str]) -> Program:
        """One service of the shop that keeps every trace, set up by the variables that Jaeger's clients read."""
        address = addresses[self.doors[way]]
        host, _, port = address.rpartition(":")
        to = {"JAEGER_AGENT_HOST": host, "JAEGER_AGENT_PORT": port}
        if way == "http":
            to = {"JAEGER_ENDPOINT": f"http://{address}/api/traces"}
        sampler = {"JAEGER_SAMPLER_TYPE": "const", "JAEGER_SAMPLER_PARAM": "1"}
        return self.program().with_variables(JAEGER_SERVICE_NAME=name, **to, **sampler)

    def alone(self, name: str, addresses: Mapping[str, str], sampler: str, param: str = "0") -> Program:
        """A service that calls nobody; `remote` asks Clew, and `param` counts until it has the answer."""
        host, _, port = addresses["sampling_http"].rpartition(":")
        return self.service(name, "udp", addresses).with_variables(
            JAEGER_SAMPLER_TYPE=sampler,
            JAEGER_SAMPLER_PARAM=param,
            **(_ASKING[self.language](host, port) if sampler == "remote" else {}),
        )

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

    def back_spans(self, is_debug: bool = False) -> dict[str, Described]:
        """`is_debug`: the caller set that flag, as OpenTelemetry's propagator for Python does on all it keeps."""
        error = event("error", error__kind=self.error_kind, message="the card has expired")
        follows = link("charge", **{"opentracing.ref_type": "follows_from"})
        flag = {"attributes": {"jaeger.debug": True} if is_debug else {}}
        return {
            "charge": span(BACK, "POST /charge", "SERVER", **flag),
            "check card": span(BACK, "charge", "UNSPECIFIED", events=[error], status=("ERROR", ""), **flag),
            "send receipt": span(BACK, "charge", "PRODUCER", **flag),
            "write receipt": span(BACK, "send receipt", "CONSUMER", links=[follows], **flag),
        }


# Where each client asks for strategies, 20 times a second.
_ASKING: dict[str, Callable[[str, str], dict[str, str]]] = {
    "python": lambda _, port: {"SAMPLING_PORT": port},
    "node": lambda host, port: {
        "JAEGER_SAMPLER_HOST": host,
        "JAEGER_SAMPLER_PORT": port,
        "JAEGER_SAMPLER_REFRESH_INTERVAL": "50",
    },
    "go": lambda host, port: {
        "JAEGER_SAMPLING_ENDPOINT": f"http://{host}:{port}/sampling",
        "JAEGER_SAMPLER_REFRESH_INTERVAL": "50ms",
    },
}


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


# The client for Node writes Thrift's binary protocol where the others write the compact one; that for Python knows no
# HTTP.
PYTHON = JaegerClient("python", python, {"udp": "jaeger_compact"}, "ValueError")
NODE = JaegerClient(
    "node",
    node,
    {"udp": "jaeger_binary", "http": "jaeger_http"},
    "TypeError",
    _as_node_sends,
    frozenset({"order.highest", "order.lowest"}),
)
GO_CLIENT = JaegerClient("go", go, {"udp": "jaeger_compact", "http": "jaeger_http"}, "errorString")
JAEGER_CLIENTS = (PYTHON, NODE, GO_CLIENT)
