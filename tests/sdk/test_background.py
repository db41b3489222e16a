import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from opentelemetry import baggage, trace
from opentelemetry.context import attach, detach

from clew.sdk.background import background
from clew.sdk.block import span
from tests.sdk.kept_spans import Kept


def _send_mail(order: int) -> tuple[int, object]:
    return order, baggage.get_baggage("tenant")


def test_background_work_is_a_trace_that_links_to_where_it_was_asked_for(kept: Kept) -> None:
    """In another thread, with the baggage of that place."""
    token = attach(baggage.set_baggage("tenant", "acme"))
    with ThreadPoolExecutor(1) as executor, span("request") as request:
        sent = executor.submit(background(_send_mail), 7)
        assert sent.result(timeout=60) == (7, "acme")
    detach(token)
    mail, _ = kept.spans
    assert (mail.name, mail.parent) == ("_send_mail", None)
    assert mail.context.trace_id != request.get_span_context().trace_id
    assert [link.context for link in mail.links] == [request.get_span_context()]


def test_a_coroutine_function_stays_one(kept: Kept) -> None:
    """As a task, for example."""

    async def refresh(number: int) -> bool:
        await asyncio.sleep(0)
        return number == 1 and trace.get_current_span().is_recording()

    async def main() -> bool:
        with span("request"):
            return await asyncio.create_task(background(refresh, "refreshing")(1))

    assert asyncio.run(main())
    refreshing, request = kept.spans
    assert refreshing.name == "refreshing"
    assert [link.context for link in refreshing.links] == [request.context]


def test_a_decorated_function_links_to_where_it_is_called(kept: Kept) -> None:
    """And to nothing when that is in no span."""
    work: Any = background(_send_mail)
    work(1)
    with span("request") as request:
        work(2)
    alone, linked, _ = kept.spans
    assert (alone.links, linked.parent) == ((), None)
    assert [link.context for link in linked.links] == [request.get_span_context()]
