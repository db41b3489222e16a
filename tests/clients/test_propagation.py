"""Two languages in one trace, with the headers of other tracers between them; what they send is OTLP."""

import pytest

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
