import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

TRACE = f"/api/clew/v1/traces/{1:032x}"


@pytest.mark.parametrize("path", [TRACE, f"{TRACE}/spans/{1:016x}"])
def test_the_form_follows_accept(client: httpx.Client, path: str) -> None:
    """JSON unless protobuf is preferred; caches are told that the answer depends on it."""
    forms = {"*/*": "json", "application/json": "json", "application/x-protobuf": "x-protobuf", "text/html": "json"}
    forms["application/json;q=0.5, application/x-protobuf"] = "x-protobuf"
    for accept, form in forms.items():
        answer = client.get(path, headers={"Accept": accept})
        assert answer.headers["content-type"] == f"application/{form}"
        assert "Accept" in answer.headers["vary"]
    assert TracesData.FromString(answer.content).resource_spans[0].scope_spans[0].spans[0].name == "GET /"
