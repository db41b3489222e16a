"""Questions that the tests ask of a trace."""

from collections.abc import Callable

from tests.demo.collector import Seen, Trace

ORDER_SERVICES = {"shopper", "frontend", "checkout", "cart", "inventory", "payment", "fulfilment"}


def named(trace: Trace, service: str, name: str) -> list[Seen]:
    """The spans of a service with a name."""
    return [seen for seen in trace if (seen.service, seen.name) == (service, name)]


def sent_by(service: str) -> Callable[[Seen], bool]:
    """Whether a span is of a service."""
    return lambda seen: seen.service == service


def with_id(span_id: bytes) -> Callable[[Seen], bool]:
    """Whether a span is the one with an id."""
    return lambda seen: seen.span.span_id == span_id


def parent(trace: Trace, child: Seen) -> Seen | None:
    """The parent of a span, when it is in the trace."""
    return next((seen for seen in trace if seen.span.span_id == child.span.parent_span_id), None)


def ancestors(trace: Trace, seen: Seen) -> list[tuple[str, str]]:
    """Service and name of a span and of all above it."""
    path = []
    current: Seen | None = seen
    while current is not None:
        path.append((current.service, current.name))
        current = parent(trace, current)
    return path


def is_order(trace: Trace) -> bool:
    """Whether this is the whole trace of an order that went through, up to the warehouse."""
    return (
        bool(named(trace, "shopper", "place order"))
        and {seen.service for seen in trace} == ORDER_SERVICES
        and bool(named(trace, "fulfilment", "process orders"))
        and len(without_parent(trace)) == 1
    )


def without_parent(trace: Trace) -> list[Seen]:
    """The root, and whatever else hangs from nothing that came."""
    return [seen for seen in trace if parent(trace, seen) is None]
