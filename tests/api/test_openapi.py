from typing import Any

import httpx
import pytest

from clew.api.routes import REST_ROUTES


@pytest.fixture
def document(client: httpx.Client) -> dict[str, Any]:
    """The served document."""
    answer = client.get("/api/clew/openapi.json")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The GET operation of each path."""
    return {path: item["get"] for path, item in document["paths"].items()}


def test_every_route_is_described(document: dict[str, Any]) -> None:
    """The document has all REST routes and the three for machines, and nothing else."""
    rest = {path for path in document["paths"] if path.startswith("/api/")}
    assert rest == {
        "/api/clew/v1/services",
        "/api/clew/v1/services/{service}/operations",
        "/api/clew/v1/services/{service}/red",
        "/api/clew/v1/red",
        "/api/clew/v1/graph",
        "/api/clew/v1/traces",
        "/api/clew/v1/traces/histogram",
        "/api/clew/v1/traces/{trace_id}",
        "/api/clew/v1/traces/{trace_id}/logs",
        "/api/clew/v1/traces/{trace_id}/summary",
        "/api/clew/v1/traces/{trace_id}/tree",
        "/api/clew/v1/traces/{trace_id}/window",
        "/api/clew/v1/traces/{trace_id}/density",
        "/api/clew/v1/traces/{trace_id}/find",
        "/api/clew/v1/traces/{trace_id}/path/{span}",
        "/api/clew/v1/traces/{trace_id}/spans/{span}",
        "/api/clew/v1/traces/{trace_id}/spans/{span}/logs",
        "/api/clew/v1/export",
        "/api/clew/v1/attributes",
        "/api/clew/v1/attributes/{key}/values",
        "/api/clew/v1/status",
    }
    assert len(rest) == len(REST_ROUTES)
    assert set(document["paths"]) - rest == {"/metrics", "/healthz", "/readyz"}


def test_the_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    """The version is 3.1, which JSON Schema tools understand."""
    assert document["openapi"].startswith("3.1.")


def test_every_parameter_is_explained(document: dict[str, Any]) -> None:
    """Each parameter has a description and, but for the opaque cursor, an example."""
    parameters = [p for operation in operations(document).values() for p in operation.get("parameters", [])]
    assert len(parameters) > 20
    assert [p["name"] for p in parameters if not p.get("description")] == []
    assert {p["name"] for p in parameters if not p.get("examples")} == {"cursor"}


def test_limits_say_their_range(document: dict[str, Any]) -> None:
    """`limit` is described as an integer with bounds, though its text is read by hand."""
    search = operations(document)["/api/clew/v1/traces"]
    limit = next(p["schema"] for p in search["parameters"] if p["name"] == "limit")
    assert (limit["type"], limit["minimum"], limit["maximum"], limit["default"]) == ("integer", 1, 1000, 20)


def test_every_rest_route_describes_its_errors(document: dict[str, Any]) -> None:
    """Refusals from 400 to 503 are documented with the error body; 404 where a trace is asked for."""
    for path, operation in operations(document).items():
        if path.startswith("/api/"):
            expected = {"200", "400", "401", "403", "422", "429", "500", "503"} | (
                {"404"} if "{trace_id}" in path else set()
            )
            assert set(operation["responses"]) == expected, path
            errors = [answer for status, answer in operation["responses"].items() if status != "200"]
            schemas = {answer["content"]["application/json"]["schema"]["$ref"] for answer in errors}
            assert schemas == {"#/components/schemas/ErrorAnswer"}, path


def test_traces_are_described_in_both_forms(document: dict[str, Any]) -> None:
    """A trace and its logs are documented as JSON and as protobuf."""
    for path in ("/api/clew/v1/traces/{trace_id}", "/api/clew/v1/traces/{trace_id}/logs"):
        content = operations(document)[path]["responses"]["200"]["content"]
        assert set(content) == {"application/json", "application/x-protobuf"}


def test_every_reference_has_its_schema(document: dict[str, Any]) -> None:
    """No `$ref` points nowhere."""

    def references(node: Any) -> set[str]:
        if isinstance(node, dict):
            own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
            return own.union(*(references(value) for value in node.values()))
        return set().union(*(references(value) for value in node)) if isinstance(node, list) else set()

    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= known
    assert "#/components/schemas/Span" in known
