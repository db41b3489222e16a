import httpx
import pytest

REST = "/api/clew/v1"


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (f"{REST}/traces?servce=shop", "servce"),
        (f"{REST}/traces?service=a&service=b", "service"),
        (f"{REST}/traces?tenant=other", "tenant"),
        (f"{REST}/services?limit=3", "limit"),
        (f"{REST}/export?limit=3", "limit"),
        (f"{REST}/export?cursor=3", "cursor"),
        (f"{REST}/traces/{1:032x}?full=1", "full"),
        ("/metrics?x=1", "x"),
    ],
)
def test_a_parameter_that_the_route_does_not_have_is_refused(client: httpx.Client, path: str, key: str) -> None:
    """An unknown parameter, or one given twice, is 400 with its name."""
    error = client.get(path).json()["error"]
    assert (error["status"], error["key"]) == (400, key)


def test_the_refusal_lists_what_there_is(client: httpx.Client) -> None:
    """Who misspelt a parameter sees the right ones."""
    message = client.get(f"{REST}/attributes?prefx=a").json()["error"]["message"]
    assert message == "prefx: is no parameter here; there are: limit, prefix"


def test_attr_may_be_repeated(client: httpx.Client) -> None:
    """`attr` is the one parameter that may come more than once."""
    assert client.get(f"{REST}/traces?attr=a=1&attr=b=2").status_code == 200
