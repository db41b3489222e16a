"""Two languages, or two generations of clients, in one trace, with the headers of other tracers between them."""

import pytest

from tests.clients.jaeger_clients import GO_CLIENT, NODE, PYTHON, JaegerClient
from tests.clients.programs import run_two
from tests.clients.sdks import SDKS
from tests.clients.stored import Stored

LANGUAGES = {sdk.language: sdk for sdk in SDKS}
EVERY_PROPAGATOR = "tracecontext,baggage,b3,b3multi,jaeger"


@pytest.mark.parametrize(
    ("propagator", "front", "back"),
    [
        ("jaeger", "python", "node"),
        ("jaeger", "node", "go"),
        ("b3", "node", "python"),
        ("b3multi", "go", "java"),
        ("tracecontext", "java", "python"),
    ],
)
def test_headers_of_one_language_are_understood_by_the_other(
    clew: Stored, propagator: str, front: str, back: str
) -> None:
    """A caller that knows only uber-trace-id or B3 and a service that knows all make one trace, parents and all."""
    endpoint = f"http://{clew.server.otlp_http}"
    calling = LANGUAGES[front].service("front", endpoint, OTEL_PROPAGATORS=propagator)
    called = LANGUAGES[back].service("back", endpoint, OTEL_PROPAGATORS=EVERY_PROPAGATOR)
    expected = LANGUAGES[front].front_spans() | LANGUAGES[back].back_spans()
    clew.assert_is(run_two(calling, called), expected)


@pytest.mark.parametrize(("jaeger", "sdk"), [(PYTHON, "go"), (NODE, "python"), (GO_CLIENT, "java")], ids=str)
def test_a_service_of_opentelemetry_goes_on_with_a_trace_of_jaeger(
    clew: Stored, jaeger: JaegerClient, sdk: str
) -> None:
    """A service that has moved to OpenTelemetry is called by one that still has Jaeger's client."""
    calling = jaeger.service("front", "udp", clew.server.addresses)
    called = LANGUAGES[sdk].service("back", f"http://{clew.server.otlp_http}", OTEL_PROPAGATORS="jaeger")
    clew.assert_is(run_two(calling, called), jaeger.front_spans() | LANGUAGES[sdk].back_spans())


@pytest.mark.parametrize(("sdk", "jaeger"), [("go", PYTHON), ("python", NODE), ("node", GO_CLIENT)], ids=str)
def test_a_service_of_jaeger_goes_on_with_a_trace_of_opentelemetry(
    clew: Stored, sdk: str, jaeger: JaegerClient
) -> None:
    """The other way round, with trace ids of 128 bits."""
    calling = LANGUAGES[sdk].service("front", f"http://{clew.server.otlp_http}", OTEL_PROPAGATORS="jaeger")
    called = jaeger.service("back", "udp", clew.server.addresses)
    clew.assert_is(run_two(calling, called), LANGUAGES[sdk].front_spans() | jaeger.back_spans(sdk == "python"))
