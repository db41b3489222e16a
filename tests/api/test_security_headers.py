import httpx
import pytest


@pytest.mark.parametrize("path", ["/", "/missing.js", "/api/clew/v1/services", "/api/nothing", "/metrics"])
def test_every_answer_has_them(client: httpx.Client, path: str) -> None:
    """Pages, data and refusals all forbid foreign scripts, sniffing, framing and referrers."""
    headers = client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'self';")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
