import logging
from typing import Any

import httpx
import pytest

from clew.errors import JournalFull, QueryTooExpensive, StoreError
from clew.model.trace import ServiceSummary
from tests.api.memory_reader import MemoryReader

REST = "/api/clew/v1"


def raise_from_services(reader: MemoryReader, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the reader fail."""

    def fail(tenant: str) -> list[ServiceSummary]:
        raise error

    monkeypatch.setattr(reader, "services", fail)


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """The error object; its status is that of the answer."""
    error: dict[str, Any] = answer.json()["error"]
    assert error["status"] == answer.status_code
    return error


def test_an_unknown_trace_is_404(client: httpx.Client) -> None:
    """A trace id that nothing is stored for is 404 without a key."""
    answer = client.get(f"{REST}/traces/{7:032x}")
    assert answer.status_code == 404
    assert error_of(answer)["key"] is None


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/clew/v1/nothing", "/api/clew/v2/traces", "/api/clew/v1/a//b"])
def test_an_unknown_api_path_is_404_json(client: httpx.Client, path: str) -> None:
    """Nothing under /api falls through to the web UI."""
    answer = client.get(path)
    assert answer.status_code == 404
    assert "openapi.json" in error_of(answer)["message"]


def test_a_wrong_method_is_405_and_says_which_are_right(client: httpx.Client) -> None:
    """POST on a GET route is 405 with `Allow`."""
    answer = client.post(f"{REST}/traces")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert error_of(answer)["key"] is None


def test_overload_is_429_with_whole_seconds_to_wait(
    client: httpx.Client, reader: MemoryReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Overloaded becomes 429; Retry-After is rounded up, as the header has whole seconds."""
    raise_from_services(reader, JournalFull("the journal is full; free some disk", 1.2), monkeypatch)
    answer = client.get(f"{REST}/services")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert error_of(answer)["message"] == "the journal is full; free some disk"


def test_a_question_over_the_limits_is_422(
    client: httpx.Client, reader: MemoryReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """QueryTooExpensive is 422: repeating it can't help, narrowing it can."""
    raise_from_services(reader, QueryTooExpensive("over 10 s; ask for a shorter time"), monkeypatch)
    answer = client.get(f"{REST}/services")
    assert answer.status_code == 422
    assert error_of(answer)["message"] == "over 10 s; ask for a shorter time"


def test_the_inside_stays_inside(
    client: httpx.Client,
    reader: MemoryReader,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An unexpected error is 500 with a reference; the log has the rest under that reference."""
    raise_from_services(reader, StoreError("DB::Exception in /var/lib/secret"), monkeypatch)
    with caplog.at_level(logging.ERROR, logger="clew.api.refusals"):
        answer = client.get(f"{REST}/services")
    assert answer.status_code == 500
    message = error_of(answer)["message"]
    assert "secret" not in answer.text
    assert message.split()[-1] in caplog.text
    assert "DB::Exception in /var/lib/secret" in caplog.text
