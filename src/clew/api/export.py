"""Export: all traces of a search as a stream of length-delimited protobuf, in bounded memory."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from io import BytesIO

import anyio
from google.protobuf.proto import serialize_length_prefixed
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from clew.api.ports import TraceReader
from clew.model.ids import parse_trace_id
from clew.model.trace import TracePage, TraceSummary
from clew.query.search import TraceQuery

EXPORT_MEDIA_TYPE = "application/x-protobuf-delimited"
PAGE_TRACES = 1000
# Traces are fetched in groups of about this many spans, so that a page of long traces needs no more memory than one
# of short ones: 40,000 spans are 10 MB of OTLP. Each group is one scan of the store, so they shouldn't be small
# either. A single longer trace is a group of its own and comes in parts of that size, each a message.
GROUP_SPANS = 40_000


def export_page_query(filters: TraceQuery) -> TraceQuery:
    """The first page's query for these filters."""
    return replace(filters, limit=PAGE_TRACES, cursor=None)


async def stream_traces(reader: TraceReader, query: TraceQuery, page: TracePage) -> AsyncIterator[bytes]:
    """Length-delimited `TracesData` of all traces from `page` on.

    The next group is read when the one before has been taken; whoever stops iterating stops the reading.
    """
    while True:
        huge = {parse_trace_id(trace.trace_id) for trace in page.traces if trace.span_count > GROUP_SPANS}
        for trace_ids in group_by_spans(page.traces, GROUP_SPANS):
            if trace_ids[0] in huge:
                async for part in _stream_parts(reader, query.tenant, trace_ids[0]):
                    yield part
            else:
                yield await anyio.to_thread.run_sync(partial(_delimited_traces, reader, query.tenant, trace_ids))
        if page.next_cursor is None:
            return
        query = replace(query, cursor=page.next_cursor)
        page = await anyio.to_thread.run_sync(partial(reader.search_traces, query))


def group_by_spans(summaries: Sequence[TraceSummary], group_spans: int = GROUP_SPANS) -> Iterator[list[bytes]]:
    """The trace ids in order, in groups that hold at most `group_spans` spans, or one trace."""
    group: list[bytes] = []
    spans = 0
    for summary in summaries:
        if group and spans + summary.span_count > group_spans:
            yield group
            group, spans = [], 0
        group.append(parse_trace_id(summary.trace_id))
        spans += summary.span_count
    if group:
        yield group


async def _stream_parts(reader: TraceReader, tenant: str, trace_id: bytes) -> AsyncIterator[bytes]:
    parts = reader.trace_parts(tenant, trace_id, GROUP_SPANS)
    while (part := await anyio.to_thread.run_sync(partial(next, parts, None))) is not None:
        yield _delimited([part])


def _delimited_traces(reader: TraceReader, tenant: str, trace_ids: Sequence[bytes]) -> bytes:
    return _delimited(reader.traces(tenant, trace_ids))


def _delimited(traces: Iterable[TracesData]) -> bytes:
    out = BytesIO()
    for trace in traces:
        if trace.resource_spans:  # else it was deleted since the search
            serialize_length_prefixed(trace, out)
    return out.getvalue()
