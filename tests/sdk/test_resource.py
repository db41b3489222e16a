import os

import pytest

from clew import __version__
from clew.sdk.resource import Resource, detect_resource


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_SERVICE_NAME", raising=False)
    monkeypatch.delenv("OTEL_RESOURCE_ATTRIBUTES", raising=False)


def test_the_process_and_the_library_are_known() -> None:
    """Where spans come from, without anything being set."""
    attributes = detect_resource({}).attributes
    assert attributes["telemetry.sdk.name"] == "clew"
    assert attributes["telemetry.sdk.version"] == __version__
    assert attributes["telemetry.sdk.language"] == "python"
    assert attributes["process.pid"] == os.getpid()
    assert attributes["host.name"] == os.uname().nodename
    assert str(attributes["service.name"]).startswith("unknown_service:python")


def test_the_nearest_word_on_the_service_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The call before `OTEL_SERVICE_NAME`, that before `OTEL_RESOURCE_ATTRIBUTES`."""
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=c,deployment.environment.name=a%20b")
    assert detect_resource({}).attributes["service.name"] == "c"
    assert detect_resource({}).attributes["deployment.environment.name"] == "a b"
    monkeypatch.setenv("OTEL_SERVICE_NAME", "b")
    assert detect_resource({}).attributes["service.name"] == "b"
    assert detect_resource({"service.name": "a"}).attributes["service.name"] == "a"
    assert detect_resource({"service.name": "a"}, "given").attributes["service.name"] == "given"


def test_what_is_no_pair_is_left_out(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """The rest of the variable counts."""
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "team=shop,nonsense,=x, region = eu ")
    attributes = detect_resource({}).attributes
    assert (attributes["team"], attributes["region"]) == ("shop", "eu")
    assert "nonsense" in caplog.text


def test_the_other_one_wins_in_a_merge() -> None:
    """And of two schemas that differ, neither."""
    first, second = Resource({"a": 1, "b": 1}, "https://one"), Resource({"b": 2})
    assert first.merge(second) == Resource({"a": 1, "b": 2}, "https://one")
    assert second.merge(first) == Resource({"a": 1, "b": 1}, "https://one")
    assert first.merge(Resource({"c": 3}, "https://two")) == first
    assert hash(Resource({"a": 1})) == hash(Resource({"a": 1}))
    assert Resource({"a": 1}) != Resource({"a": 2})


def test_a_resource_shows_itself_as_json() -> None:
    """Bytes as hexadecimal digits."""
    assert Resource({"a": 1, "b": b"\x01"}).to_json(None) == '{"attributes": {"a": 1, "b": "01"}, "schema_url": ""}'
