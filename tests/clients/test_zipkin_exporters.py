"""OpenTelemetry's exporters for Zipkin send to the door of Zipkin, with B3 between the processes."""

import pytest

from tests.clients.programs import run_two
from tests.clients.shop import BACK, FRONT
from tests.clients.stored import Stored
from tests.clients.zipkin_exporters import EXPORTERS, ZipkinExporter


@pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda exporter: exporter.language)
def test_a_trace_that_is_exported_as_zipkin_is_stored(clew: Stored, exporter: ZipkinExporter) -> None:
    """What the exporter had to write as tags and texts is status and scope again; all other values are texts."""
    url = f"http://{clew.server.addresses['zipkin']}/api/v2/spans"
    ran = run_two(exporter.service(FRONT, url), exporter.service(BACK, url))
    clew.assert_is(ran, exporter.spans())
