import pickle

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider as TheirProvider

from clew.sdk.call_site import CallSite, ModuleTracer
from tests.sdk.kept_spans import Kept, keeping_provider


def test_a_site_finds_its_tracer_as_soon_as_there_is_a_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until then it has none; the tracer is its module's."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    tracer = ModuleTracer("shop")
    assert tracer.find() is None
    provider, _ = keeping_provider()
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    assert tracer.find() is provider.get_tracer("shop")
    assert tracer.is_quick


def test_a_provider_that_makes_nothing_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which spares each call the question."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    provider, _ = keeping_provider()
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    tracer = ModuleTracer("shop")
    assert tracer.find() is None
    assert tracer.provider is provider
    assert tracer.find() is None


def test_a_foreign_provider_does_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is taken for granted of its tracers."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", TheirProvider(shutdown_on_exit=False))
    tracer = ModuleTracer("shop")
    assert tracer.find() is not None
    assert not tracer.is_quick


def test_a_site_can_be_sent_to_another_process(kept: Kept) -> None:
    """Without its tracer, which it finds there."""
    site = CallSite("shop", "pay", attributes={"a": 1})
    assert site.find() is not None
    copy = pickle.loads(pickle.dumps(site))  # noqa: S301  # bytes of our own
    assert (copy.module, copy.name, copy.kind, copy.attributes, copy.tracer) == (
        "shop",
        "pay",
        site.kind,
        {"a": 1},
        None,
    )
