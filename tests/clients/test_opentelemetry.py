"""The SDKs of OpenTelemetry for four languages, each in two processes, by every protocol that they speak."""

import pytest

from tests.clients.programs import Program, run_two
from tests.clients.sdks import SDKS, Sdk
from tests.clients.stored import Stored

CASES = [pytest.param(sdk, protocol, id=f"{sdk.language}-{protocol}") for sdk in SDKS for protocol in sdk.protocols]


def _services(sdk: Sdk, **variables: str) -> tuple[Program, Program]:
    program = sdk.program().with_variables(OTEL_METRICS_EXPORTER="none", OTEL_LOGS_EXPORTER="none", **variables)
    return program.with_variables(OTEL_SERVICE_NAME="front"), program.with_variables(OTEL_SERVICE_NAME="back")


@pytest.mark.parametrize(("sdk", "protocol"), CASES)
def test_a_trace_over_two_processes_is_stored_as_it_was_made(clew: Stored, sdk: Sdk, protocol: str) -> None:
    """Parents across the call, typed attributes, events, an exception, status and link come back field by field."""
    port = clew.server.otlp_grpc if protocol == "grpc" else clew.server.otlp_http
    front, back = _services(sdk, OTEL_EXPORTER_OTLP_PROTOCOL=protocol, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{port}")
    clew.assert_is(run_two(front, back), sdk.front_spans() | sdk.back_spans())
