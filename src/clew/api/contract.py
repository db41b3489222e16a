"""The bodies of the REST answers. 64-bit Unix nanoseconds are strings: JavaScript's numbers lose their end."""

from typing import Annotated

from msgspec import Meta, Struct

from clew.model.trace import (
    AttributeKey,
    AttributeValue,
    MatchHistogram,
    Operation,
    ServiceSummary,
    TracePage,
    TraceSummary,
)

UnixNano = Annotated[
    str, Meta(description="Nanoseconds since 1970-01-01 UTC, as a string", examples=["1763719200000000000"])
]
TraceId = Annotated[str, Meta(description="32 lower-case hex digits", examples=["5b8aa5a2d2c872e8321cf37308d69df2"])]
DurationNs = Annotated[int, Meta(description="Nanoseconds", examples=[1_500_000_000])]
EstimatedCount = Annotated[
    int, Meta(description="By weight: how many there were, where clients tell by which probability they kept some")
]
StoredCount = Annotated[int, Meta(description="How many of them were sent")]


class Service(Struct):
    """A service with counts over everything stored."""

    name: str
    span_count: EstimatedCount
    error_count: EstimatedCount
    last_seen_unix_nano: UnixNano
    stored_span_count: StoredCount


class ServiceList(Struct):
    """The services, by name."""

    services: list[Service]


class OperationEntry(Struct):
    """A span name of a service, with its kind."""

    name: str
    kind: Annotated[str, Meta(description="internal, server, client, producer, consumer, unspecified or a number")]
    span_count: EstimatedCount
    error_count: EstimatedCount
    stored_span_count: StoredCount


class OperationList(Struct):
    """The operations of one service, by name."""

    operations: list[OperationEntry]


class TraceEntry(Struct):
    """A trace in a list."""

    trace_id: TraceId
    root_service: Annotated[str, Meta(description="The service of the root span; of the earliest one until it arrives")]
    root_name: str
    start_time_unix_nano: UnixNano
    duration_ns: DurationNs
    span_count: int
    error_count: int
    services: list[str]
    root_is_missing: Annotated[bool, Meta(description="No span without a parent has arrived yet; more may come")]


class TraceList(Struct):
    """Traces, newest first."""

    traces: list[TraceEntry]
    next_cursor: Annotated[str | None, Meta(description="Ask again with `cursor=` this for the rest; null at the end")]


class MatchBucketEntry(Struct):
    """What matches among the traces that begin in one interval."""

    start_unix_nano: UnixNano
    spans: Annotated[int, Meta(description="Spans for which the filters hold")]
    traces: int


class MatchCounts(Struct):
    """Matches over time; every interval is there, the first one first; it may begin before `start`."""

    buckets: list[MatchBucketEntry]
    width_ns: Annotated[int, Meta(description="A round length, such as 1 min; the intervals begin at multiples of it")]
    spans: Annotated[int, Meta(description="In all")]
    traces: Annotated[int, Meta(description="In all")]


class AttributeKeyEntry(Struct):
    """An attribute name and where it was seen."""

    key: str
    levels: Annotated[list[str], Meta(description="Of span, resource, scope, event, link")]
    kinds: Annotated[list[str], Meta(description="Of string, int, bool, double")]


class AttributeKeyList(Struct):
    """Attribute names, by name."""

    attributes: list[AttributeKeyEntry]


class AttributeValueEntry(Struct):
    """A value of an attribute, as text."""

    value: str
    kind: Annotated[str, Meta(description="string, int, bool or double")]
    count: int


class AttributeValueList(Struct):
    """Values, most frequent first."""

    values: list[AttributeValueEntry]


class ErrorDetail(Struct):
    """What went wrong and what to do next."""

    status: Annotated[int, Meta(description="The HTTP status")]
    key: Annotated[str | None, Meta(description="The parameter that is wrong, or the limit that was reached")]
    message: str


class ErrorAnswer(Struct):
    """The body of every answer that isn't a success."""

    error: ErrorDetail


def service_list(services: list[ServiceSummary]) -> ServiceList:
    """The answer of `GET /services`."""
    ordered = sorted(services, key=lambda service: service.name)
    return ServiceList(
        [
            Service(s.name, round(s.span_count), round(s.error_count), str(s.last_seen_unix_nano), s.stored_span_count)
            for s in ordered
        ]
    )


def operation_list(operations: list[Operation]) -> OperationList:
    """The answer of `GET /services/{service}/operations`."""
    ordered = sorted(operations, key=lambda operation: (operation.name, operation.kind))
    return OperationList(
        [
            OperationEntry(o.name, o.kind, round(o.span_count), round(o.error_count), o.stored_span_count)
            for o in ordered
        ]
    )


def trace_list(page: TracePage) -> TraceList:
    """The answer of `GET /traces`."""
    return TraceList([_trace_entry(summary) for summary in page.traces], page.next_cursor)


def _trace_entry(summary: TraceSummary) -> TraceEntry:
    return TraceEntry(
        trace_id=summary.trace_id,
        root_service=summary.root_service,
        root_name=summary.root_name,
        start_time_unix_nano=str(summary.start_time_unix_nano),
        duration_ns=summary.duration_ns,
        span_count=summary.span_count,
        error_count=summary.error_count,
        services=list(summary.services),
        root_is_missing=summary.root_is_missing,
    )


def match_counts(histogram: MatchHistogram) -> MatchCounts:
    """The answer of `GET /traces/histogram`."""
    buckets = [MatchBucketEntry(str(b.start_unix_nano), b.span_count, b.trace_count) for b in histogram.buckets]
    return MatchCounts(buckets, histogram.width_ns, histogram.span_count, histogram.trace_count)


def attribute_key_list(keys: list[AttributeKey]) -> AttributeKeyList:
    """The answer of `GET /attributes`."""
    ordered = sorted(keys, key=lambda attribute: attribute.key)
    return AttributeKeyList([AttributeKeyEntry(a.key, list(a.levels), list(a.kinds)) for a in ordered])


def attribute_value_list(values: list[AttributeValue]) -> AttributeValueList:
    """The answer of `GET /attributes/{key}/values`, in the reader's order."""
    return AttributeValueList([AttributeValueEntry(v.value, v.kind, v.count) for v in values])
