"""A provider for the process, for as long as a test takes."""

from collections.abc import Iterator

import pytest
from opentelemetry import trace

from tests.sdk.kept_spans import Kept, keeping_provider


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    """The spans of all tracers; the API itself lets a process have a provider only once."""
    provider, kept = keeping_provider()
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    yield kept
    provider.shutdown()
