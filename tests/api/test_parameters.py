import httpx
import pytest

from clew.api.parameters import read_filters, read_limit
from clew.errors import BadQuery
from clew.query.search import TraceQuery

REST = "/api/clew/v1"


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/traces?limit=0", "limit"),
        ("/traces?limit=1001", "limit"),
        ("/traces?limit=ten", "limit"),
        ("/traces?limit=٣", "limit"),
        ("/traces?limit=99999999999999999999", "limit"),
        ("/traces?min_duration=fast", "min_duration"),
        ("/traces?max_duration=-1s", "max_duration"),
        ("/traces?max_duration=9999999999999999999999", "max_duration"),
        ("/traces?min_duration=2s&max_duration=1s", "max_duration"),
        ("/traces?start=yesterday", "start"),
        ("/traces?end=2026-13-01T00:00:00Z", "end"),
        ("/traces?start=now&end=-1h", "end"),
        ("/traces?status=ok", "status"),
        ("/traces?attr=nothing", "attr"),
        ("/traces?attr==value", "attr"),
        ("/traces?" + "&".join(["attr=a=b"] * 33), "attr"),
        ("/traces?cursor=stolen", "cursor"),
        ("/traces/xyz", "trace_id"),
        ("/traces/" + "0" * 32, "trace_id"),
        ("/traces/" + "a" * 33, "trace_id"),
        ("/traces/xyz/logs", "trace_id"),
        ("/attributes?limit=-1", "limit"),
        ("/attributes/a/values?limit=1.5", "limit"),
    ],
)
def test_a_wrong_parameter_is_400_and_named(client: httpx.Client, path: str, key: str) -> None:
    """A parameter that can't be used is refused by its name."""
    error = client.get(REST + path).json()["error"]
    assert (error["status"], error["key"]) == (400, key)
    assert error["message"].startswith(f"{key}: ")


def test_all_filters_are_read() -> None:
    """Each text becomes its value, in nanoseconds; only the first `=` divides key and value."""
    query = read_filters(
        tenant="t",
        service="shop",
        operation="GET /",
        attr=("a=b=c", "", "empty="),
        min_duration="1ms",
        max_duration="1m30s",
        status="error",
        start="1970-01-01T00:00:01Z",
        end="2000000000",
    )
    assert query == TraceQuery(
        tenant="t",
        service="shop",
        operation="GET /",
        attributes=(("a", "b=c"), ("empty", "")),
        min_duration_ns=1_000_000,
        max_duration_ns=90_000_000_000,
        error_only=True,
        start_ns=1_000_000_000,
        end_ns=2_000_000_000,
        limit=20,
        cursor=None,
    )


def test_relative_moments_share_one_now() -> None:
    """`start=-1h&end=now` are exactly an hour apart."""
    query = read_filters(tenant="t", start="-1h", end="now")
    assert query.start_ns is not None
    assert query.end_ns is not None
    assert query.end_ns - query.start_ns == 3_600_000_000_000


def test_a_limit_has_a_default_and_bounds() -> None:
    """No text is the default; the bounds themselves are allowed."""
    assert [read_limit(text, 20, 1000) for text in ("", "1", "1000", "0007")] == [20, 1, 1000, 7]
    with pytest.raises(BadQuery, match="limit: '1001' is no number from 1 to 1000"):
        read_limit("1001", 20, 1000)
