import asyncio

import pytest
from opentelemetry import trace
from opentelemetry.trace import INVALID_SPAN, Link, SpanContext, SpanKind

from clew.sdk.block import calling_module, current, span, tracer_of
from clew.sdk.call_site import ModuleTracer
from tests.sdk.kept_spans import Kept


def test_a_block_is_a_span(kept: Kept) -> None:
    """With what is given, in the scope of the module that it is in."""
    link = Link(SpanContext(7, 8, False))
    with span("pay", kind=SpanKind.CLIENT, attributes={"a.b": 1}, links=[link], order_id=7) as paying:
        assert current() is paying
    [ended] = kept.spans
    assert (ended.name, ended.kind, ended.attributes) == ("pay", SpanKind.CLIENT, {"a.b": 1, "order_id": 7})
    assert [each.context for each in ended.links] == [link.context]
    assert ended.instrumentation_scope.name == __name__


def test_a_block_may_be_asynchronous(kept: Kept) -> None:
    """Errors leave it as they leave any other."""

    async def main() -> None:
        async with span("paying"):
            await asyncio.sleep(0)
            raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        asyncio.run(main())
    assert kept.spans[0].status.description == "ValueError: refused"


def test_outside_of_all_spans_there_is_one_that_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nobody has to ask; and the same without a provider."""
    assert current() is INVALID_SPAN
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    with span("nothing") as nothing:
        nothing.set_attribute("a", 1)
    assert nothing is INVALID_SPAN


def test_a_module_has_one_tracer() -> None:
    """That of the function which calls."""

    def ask() -> ModuleTracer:
        return calling_module()

    assert ask() is tracer_of(__name__)
