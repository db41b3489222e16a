import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from opentelemetry import baggage
from opentelemetry.propagate import inject
from opentelemetry.trace import SpanKind

from clew.sdk.block import span
from clew.sdk.consumed import consumed, consumed_batch
from tests.sdk.kept_spans import Kept


def _sent() -> tuple[dict[str, str], Any]:
    headers: dict[str, str] = {}
    with span("publish") as publishing:
        inject(headers)
    return headers, publishing.get_span_context()


def _as_kafka(headers: Mapping[str, str]) -> list[tuple[str, bytes]]:
    return [(key, value.encode()) for key, value in headers.items()]


def test_the_work_on_a_message_goes_on_with_the_senders_trace(kept: Kept) -> None:
    """And links to the loop that it is done in."""
    headers, sender = _sent()
    with span("loop") as loop, consumed("process orders", headers, attributes={"a": 1}):
        pass
    work = kept.spans[1]
    assert (work.name, work.kind, work.parent and work.parent.span_id) == (
        "process orders",
        SpanKind.CONSUMER,
        sender.span_id,
    )
    assert work.context.trace_id == sender.trace_id
    assert [link.context for link in work.links] == [loop.get_span_context()]
    assert work.attributes == {"messaging.operation.type": "process", "a": 1}
    assert work.instrumentation_scope.name == __name__


def test_it_may_belong_to_the_loop_and_link_to_the_sender(kept: Kept) -> None:
    """As the messaging conventions have it by default; `async with` does as well."""
    headers, sender = _sent()

    async def main() -> None:
        async with consumed("process", headers, continues=False):
            pass

    with span("loop") as loop:
        asyncio.run(main())
    work = kept.spans[1]
    assert work.parent == loop.get_span_context()
    assert [link.context.span_id for link in work.links] == [sender.span_id]


@pytest.mark.parametrize(
    "shape",
    [
        _as_kafka,
        lambda headers: [(key.encode(), value.encode()) for key, value in headers.items()],
        lambda headers: {key.title(): [value.encode()] for key, value in headers.items()},
        lambda headers: {key: bytearray(value.encode()) for key, value in headers.items()},
    ],
    ids=["pairs", "pairs of bytes", "lists", "mapping"],
)
def test_headers_are_read_as_clients_give_them(shape: Any, kept: Kept) -> None:
    """Pairs or mappings, texts or bytes, one value or several, in any case."""
    headers, sender = _sent()
    with consumed("process", shape(headers)):
        pass
    assert kept.spans[1].context.trace_id == sender.trace_id


@pytest.mark.parametrize(
    "headers", [None, {}, [], 7, [7], {"traceparent": "nonsense"}, {"traceparent": b"\xff"}], ids=repr
)
def test_a_message_that_tells_nothing_begins_a_trace(headers: Any, kept: Kept) -> None:
    """Whatever its headers are."""
    with consumed("process", headers):
        pass
    assert (kept.spans[0].parent, kept.spans[0].links) == (None, ())


def test_the_senders_baggage_is_there(kept: Kept) -> None:
    """Within, and no longer."""
    headers, _ = _sent()
    with consumed("process", {**headers, "baggage": "tenant=acme"}):
        assert baggage.get_baggage("tenant") == "acme"
    assert baggage.get_baggage("tenant") is None


def test_a_batch_links_to_each_sender_once(kept: Kept) -> None:
    """And counts its messages."""
    (first, sender), (second, other) = _sent(), _sent()
    with consumed_batch("process batch", [first, _as_kafka(second), first, None]):
        pass
    batch = kept.spans[2]
    assert batch.parent is None
    assert [link.context.span_id for link in batch.links] == [sender.span_id, other.span_id]
    assert batch.attributes["messaging.batch.message_count"] == 4
