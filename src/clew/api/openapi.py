"""How the API describes itself."""

from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import License, Tag

from clew import __version__

API_DESCRIPTION = """Search and read traces.

64-bit Unix nanoseconds are JSON strings; durations and counts are numbers. Every error is
`{"error":{"status":400,"key":"limit","message":"…"}}`, where `key` is the parameter that is wrong, or null.
A query parameter that a route doesn't have is refused. Spans come in by OTLP: gRPC on 4317, HTTP on 4318 and here
(`POST /v1/traces`, `/v1/logs`), as the OpenTelemetry specification says.
"""


def openapi_config() -> OpenAPIConfig:
    """Serves the document at `/api/clew/openapi.json`, and no page that loads scripts from elsewhere."""
    return OpenAPIConfig(
        title="Clew",
        version=__version__,
        description=API_DESCRIPTION,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        path="/api/clew",
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        tags=[
            Tag(name="traces", description="Search, read and export traces"),
            Tag(name="windows", description="Read a large trace part by part"),
            Tag(name="catalogue", description="What there is to search for"),
            Tag(name="services", description="Rates, errors and durations; the service graph"),
            Tag(name="system", description="The state of this Clew"),
        ],
    )
