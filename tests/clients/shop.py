"""The trace that every pair of programs makes: one service takes an order, and another charges the card."""

from collections.abc import Mapping
from typing import Any

from tests.clients.described import Described, event, link, span, typed_attributes

FRONT, BACK = "front", "back"
SPANS = 6

ORDER: dict[str, Any] = {
    "order.id": "o-0042 λ 🧵",
    "order.note": "",
    "order.express": True,
    "order.paid": False,
    "order.total_cents": 1250,
    "order.highest": 2**63 - 1,
    "order.lowest": -(2**63),
    "order.weight_kg": 0.1,
    "order.smallest": 5e-324,
    "order.rate": 3.0,
}
LISTS: dict[str, Any] = {
    "order.tags": ["gift", ""],
    "order.quantities": [1, 2**40, -1],
    "order.prices": [0.5, 1e-7],
    "order.flags": [True, False],
}


def opentelemetry_trace(exception: Mapping[str, Any], order: Mapping[str, Any] | None = None) -> dict[str, Described]:
    """What programs that use OpenTelemetry make; the attributes of an exception are the language's own."""
    return {
        "place order": span(
            FRONT,
            None,
            attributes=order or ORDER | LISTS,
            events=[event("accepted", queue="fast", attempt=1)],
            status=("OK", ""),
        ),
        "POST /charge": span(FRONT, "place order", "CLIENT", attributes={"http.request.method": "POST"}),
        "charge": span(BACK, "POST /charge", "SERVER"),
        "check card": span(
            BACK,
            "charge",
            events=[("exception", typed_attributes(exception))],
            status=("ERROR", "the card has expired"),
        ),
        "send receipt": span(BACK, "charge", "PRODUCER"),
        "write receipt": span(BACK, "send receipt", "CONSUMER", links=[link("charge", reason="late")]),
    }
