import httpx

from clew.model.red import MINUTE_NS
from tests.api.memory_reader import START_NS

TIME = {"start": str(START_NS), "end": str(START_NS + MINUTE_NS)}


def test_all_services_in_one_call(client: httpx.Client) -> None:
    """Each with a total and its steps, and the error of percentiles is told."""
    body = client.get("/api/clew/v1/red", params=TIME).json()
    assert body["percentile_error"] == 0.0443
    assert [(each["service"], each["total"]["span_count"], len(each["steps"])) for each in body["services"]] == [
        ("cart", 1, 1),
        ("shop", 2, 1),
    ]


def test_one_service_by_its_encoded_name(client: httpx.Client) -> None:
    """An unknown one has a total of nothing."""
    body = client.get("/api/clew/v1/services/cart/red", params={**TIME, "operation": "GET /cart", "step": "1m"}).json()
    assert (body["service"], body["total"]["error_count"], body["total"]["error_fraction"]) == ("cart", 1, 1.0)
    other = client.get("/api/clew/v1/services/no%2Fbody/red", params=TIME).json()
    assert (other["service"], other["total"]["span_count"], other["steps"]) == ("no/body", 0, [])


def test_the_graph(client: httpx.Client) -> None:
    """Nodes and edges; with a service, those around it."""
    body = client.get("/api/clew/v1/graph", params=TIME).json()
    assert [(edge["client"], edge["server"], edge["call_count"], edge["error_count"]) for edge in body["edges"]] == [
        ("service:shop", "service:cart", 1, 1)
    ]
    assert [node["id"] for node in body["nodes"]] == ["service:cart", "service:shop"]
    assert client.get("/api/clew/v1/graph", params={**TIME, "service": "mailer"}).json()["edges"] == []


def test_wrong_parameters_are_named(client: httpx.Client) -> None:
    """A step that isn't whole minutes, an unknown kind, a misspelt name."""
    for path, params, key in (
        ("/red", {"step": "10s"}, "step"),
        ("/services/shop/red", {"kind": "x"}, "kind"),
        ("/graph", {"from": "now-1h"}, "from"),
        ("/graph", {"start": "yesterday"}, "start"),
    ):
        answer = client.get(f"/api/clew/v1{path}", params=params)
        assert (answer.status_code, answer.json()["error"]["key"]) == (400, key)
