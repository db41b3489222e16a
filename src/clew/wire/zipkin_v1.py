"""Zipkin v1 spans, in which both sides of a call may be mixed, taken apart into v2 spans.

In v1 a span is a set of annotations, each with the endpoint that made it. The two-letter core annotations say what v2
has as kind, timestamp and duration: cs and cr (client), sr and ss (server), ms and ws (producer), wr and mr (consumer).
A span is cut into one half for each service and side; both sides of a call in one span make two halves of which the
server's is shared (zipkin_shared.py). The rules are those of Zipkin's own conversion, except that a core annotation
whose time is neither start nor end of its half stays an annotation.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from clew.wire.zipkin_span import (
    CLIENT,
    CONSUMER,
    PRODUCER,
    SERVER,
    UNSPECIFIED,
    Annotation,
    Endpoint,
    TagValue,
    ZipkinSpan,
)

_SIDES = {"cs": CLIENT, "cr": CLIENT, "sr": SERVER, "ss": SERVER, "ms": PRODUCER, "mr": CONSUMER}
_ENDS = {CLIENT: ("cs", "cr"), SERVER: ("sr", "ss"), PRODUCER: ("ms", "ws"), CONSUMER: ("wr", "mr")}
_ADDRESSES = ("ca", "sa", "ma")
_REMOTE = {CLIENT: "sa", SERVER: "ca", PRODUCER: "ma", CONSUMER: "ma"}
_ROUNDING_US = 2
"""Clients that cut start, duration and end to microseconds, each on its own, contradict themselves by so much."""
_LATER_SIDES = (SERVER, CONSUMER)


@dataclass(slots=True)
class V1Annotation:
    """Something that happened at a time, and where."""

    timestamp_us: int
    value: str
    endpoint: Endpoint | None = None


@dataclass(slots=True)
class V1Tag:
    """A binary annotation."""

    key: str
    value: TagValue
    endpoint: Endpoint | None = None

    @property
    def is_address(self) -> bool:
        """An address of the other side, not a value: its endpoint is what it says."""
        return self.key in _ADDRESSES and self.value is True and self.endpoint is not None


@dataclass(slots=True)
class V1Span:
    """A v1 span; ids and times as in ZipkinSpan."""

    trace_id: bytes
    span_id: bytes
    parent_id: bytes = b""
    name: str = ""
    timestamp_us: int = 0
    duration_us: int = 0
    is_debug: bool = False
    annotations: list[V1Annotation] = field(default_factory=list)
    tags: list[V1Tag] = field(default_factory=list)


@dataclass(slots=True)
class _Half:
    """What one service says of one side; `core` has the core annotations by name."""

    endpoint: Endpoint | None
    kind: int = UNSPECIFIED
    core: dict[str, int] = field(default_factory=dict)
    notes: list[Annotation] = field(default_factory=list)
    tags: dict[str, TagValue] = field(default_factory=dict)
    remote: Endpoint = field(default_factory=Endpoint)
    is_shared: bool = False

    @property
    def service(self) -> str:
        return self.endpoint.service if self.endpoint else ""

    def limits(self) -> tuple[int, int]:
        """The times of the core annotations for start and end; 0 for one that isn't there."""
        first, last = _ENDS.get(self.kind, ("", ""))
        start_us, end_us = self.core.get(first, 0), self.core.get(last, 0)
        return (start_us, end_us) if start_us or self.kind != CONSUMER else (end_us, 0)


def split_span(span: V1Span) -> list[ZipkinSpan]:
    """The halves as v2 spans, the one that started the span first."""
    halves = _halves(span)
    _place_annotations(span, halves)
    _place_tags(span, halves)
    _place_addresses(span, halves)
    _mark_shared(span, halves)
    return [_finished(span, half, is_owner=half is halves[0]) for half in halves]


def _is_core(annotation: V1Annotation) -> bool:
    return annotation.endpoint is not None and annotation.value in _SIDES


def _halves(span: V1Span) -> list[_Half]:
    """One for each side of each service that has core annotations; else one, of the first endpoint that is named."""
    found: dict[tuple[str, int], _Half] = {}
    for each in span.annotations:
        if _is_core(each) and each.endpoint:
            side = _SIDES[each.value]
            found.setdefault((each.endpoint.service, side), _Half(each.endpoint, side))
    halves = sorted(found.values(), key=lambda half: half.kind in _LATER_SIDES)
    return halves or [_Half(next(_endpoints(span), None))]


def _endpoints(span: V1Span) -> Iterator[Endpoint]:
    yield from (each.endpoint for each in span.annotations if each.endpoint)
    yield from (each.endpoint for each in span.tags if each.endpoint and not each.is_address)


def _half_of(halves: list[_Half], endpoint: Endpoint | None) -> _Half:
    """The half of that service, made when there is none; what names no service belongs to the first."""
    if endpoint is None or not endpoint.service:
        return halves[0]
    for half in halves:
        if half.service == endpoint.service:
            return half
    halves.append(_Half(endpoint))
    return halves[-1]


def _place_annotations(span: V1Span, halves: list[_Half]) -> None:
    for each in span.annotations:
        if _is_core(each) and each.endpoint:
            side = (each.endpoint.service, _SIDES[each.value])
            half = next(half for half in halves if (half.service, half.kind) == side)
        else:
            half = _half_of(halves, each.endpoint)
        if each.value in _ENDS.get(half.kind, ()) and each.endpoint and each.value not in half.core:
            half.core[each.value] = each.timestamp_us
        else:
            half.notes.append(Annotation(each.timestamp_us, each.value))


def _place_tags(span: V1Span, halves: list[_Half]) -> None:
    for each in span.tags:
        if each.is_address or (each.key == "lc" and each.value == ""):
            continue  # an empty "local component" only says which endpoint the span is of
        _half_of(halves, each.endpoint).tags[each.key] = each.value


def _place_addresses(span: V1Span, halves: list[_Half]) -> None:
    addresses = {each.key: each.endpoint for each in span.tags if each.is_address and each.endpoint}
    if not any(half.kind for half in halves):
        _place_addresses_alone(addresses, halves)
    for half in halves:
        address = addresses.get(_REMOTE.get(half.kind, ""))
        if address and address != half.endpoint:
            # Finagle names the server's own service in "ca"; that would draw a call of the service to itself.
            is_own_name = half.kind == SERVER and address.service == half.service
            half.remote = Endpoint("", address.ipv4, address.ipv6, address.port) if is_own_name else address
    used = {_REMOTE.get(half.kind, "") for half in halves}
    for key, address in addresses.items():
        if key not in used and address not in [half.remote for half in halves] + [half.endpoint for half in halves]:
            halves[0].tags.setdefault(f"zipkin.{key}", _address_text(address))


def _place_addresses_alone(addresses: dict[str, Endpoint], halves: list[_Half]) -> None:
    """Without core annotations: "sa" is the other side, "ca" alone makes it a server."""
    client = addresses.get("ca")
    if "sa" in addresses:
        halves[0].endpoint = halves[0].endpoint or client
        _half_of(halves, client).remote = addresses["sa"]
    elif client:
        halves[0].kind = SERVER


def _address_text(address: Endpoint) -> str:
    ip = address.ipv4 or address.ipv6
    host = f"[{ip}]" if ip == address.ipv6 and address.port else ip
    return f"{address.service} {host}{f':{address.port}' if address.port else ''}".strip()


def _mark_shared(span: V1Span, halves: list[_Half]) -> None:
    kinds = [half.kind for half in halves]
    for half in halves:
        if half.kind == SERVER:
            # v1 has no flag: a server that didn't start the span leaves out its time, or its duration.
            is_without_time = "sr" in half.core and (
                span.timestamp_us <= 0 or ("ss" in half.core and span.duration_us <= 0)
            )
            half.is_shared = CLIENT in kinds or is_without_time
        elif half.kind == CONSUMER:
            half.is_shared = PRODUCER in kinds


def _finished(span: V1Span, half: _Half, is_owner: bool) -> ZipkinSpan:
    start_us, end_us = half.limits()
    duration_us = end_us - start_us if start_us and end_us else 0
    if (is_owner or half.kind == UNSPECIFIED) and (not start_us or (span.timestamp_us > 0 and span.duration_us > 0)):
        start_us, duration_us = span.timestamp_us, span.duration_us
    limits_us = (start_us, start_us + duration_us)
    kept = [
        Annotation(time_us, name)
        for name, time_us in half.core.items()
        if min([abs(time_us - limit_us) for limit_us in limits_us]) > _ROUNDING_US
    ]
    return ZipkinSpan(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_id=span.parent_id,
        kind=half.kind,
        name=span.name,
        timestamp_us=start_us,
        duration_us=duration_us,
        local=half.endpoint or Endpoint(),
        remote=half.remote,
        annotations=half.notes + kept,
        tags=half.tags,
        is_debug=span.is_debug,
        is_shared=half.is_shared,
    )
