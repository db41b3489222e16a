"""The SDKs of OpenTelemetry for four languages, each in two processes, by every protocol that they speak."""

import pytest

from tests.clients.programs import run_two
from tests.clients.sdks import SDKS, Sdk
from tests.clients.stored import Stored

CASES = [pytest.param(sdk, protocol, id=f"{sdk.language}-{protocol}") for sdk in SDKS for protocol in sdk.protocols]


@pytest.mark.parametrize(("sdk", "protocol"), CASES)
def test_a_trace_over_two_processes_is_stored_as_it_was_made(clew: Stored, sdk: Sdk, protocol: str) -> None:
    """Parents across the call, typed attributes, events, an exception, status and link come back field by field."""
    port = clew.server.otlp_grpc if protocol == "grpc" else clew.server.otlp_http
    front, back = (sdk.service(name, f"http://{port}", protocol) for name in ("front", "back"))
    clew.assert_is(run_two(front, back), sdk.front_spans() | sdk.back_spans())
