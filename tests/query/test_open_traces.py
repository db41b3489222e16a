import threading

import numpy as np
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.errors import NotFound, QueryTooExpensive
from clew.query import open_traces
from clew.query.open_traces import OpenTraces
from clew.query.reader import StoredTraces
from clew.query.trace_window import SpanFilter
from tests.data_plane import DataPlane
from tests.store.segments import request_of

START_NS = 1_763_719_200_000_000_000


def _put(data_plane: DataPlane, tenant: str, trace: int, *numbers: int) -> bytes:
    trace_id = trace.to_bytes(16, "big")
    spans = []
    for number in numbers:
        span = Span(trace_id=trace_id, span_id=number.to_bytes(8, "big"), name=f"n{number}")
        span.start_time_unix_nano = span.end_time_unix_nano = START_NS + number
        span.attributes.add(key="half").value.double_value = number / 2
        spans.append(span)
    data_plane.put(f"traces/{tenant}", request_of("a", *spans).SerializeToString())
    return trace_id


def test_a_trace_stays_open_until_a_span_comes(data_plane: DataPlane, tenant: str) -> None:
    """The same index is used again; a late span makes a new one that has it."""
    opened = OpenTraces(data_plane.engine)
    trace_id = _put(data_plane, tenant, 1, 1, 2)
    first = opened.windows(tenant, trace_id)
    assert opened.windows(tenant, trace_id) is first
    _put(data_plane, tenant, 1, 3)
    second = opened.windows(tenant, trace_id)
    assert (len(first.index), len(second.index)) == (2, 3)
    assert opened.windows(tenant, trace_id) is second


def test_an_outdated_huge_trace_answers_and_says_what_it_lacks(data_plane: DataPlane, tenant: str) -> None:
    """When somebody opens it again soon, its readers don't wait: each answer has the number of spans that it lacks."""
    opened, outdated = OpenTraces(data_plane.engine, huge_spans=3), list[tuple[str, bytes]]()
    trace_id = _put(data_plane, tenant, 1, 1, 2, 3)
    first = opened.windows(tenant, trace_id)
    opened.on_outdated = outdated.append
    _put(data_plane, tenant, 1, 4, 5)
    old = opened.windows(tenant, trace_id)
    assert old.index is first.index
    assert outdated == [(tenant, trace_id)]
    answers = (
        old.facts(),
        old.children(None, 0, 9),
        old.between(0, START_NS, 0, 9),
        old.path(f"{1:016x}", 9),
        old.find(SpanFilter(), None, 9),
        old.density(START_NS, START_NS + 9, 3),
    )
    assert {answer.newer_span_count for answer in answers} == {2}
    assert len(opened.open(tenant, trace_id).index) == 5
    assert opened.windows(tenant, trace_id).newer_span_count == 0
    assert len(outdated) == 1


def test_only_huge_traces_may_be_outdated(data_plane: DataPlane, tenant: str) -> None:
    """A smaller one is opened again at once, and its answers have every span."""
    opened = OpenTraces(data_plane.engine, huge_spans=3)
    opened.on_outdated = lambda key: pytest.fail(f"{key} was answered without all of its spans")
    trace_id = _put(data_plane, tenant, 1, 1, 2)
    opened.windows(tenant, trace_id)
    _put(data_plane, tenant, 1, 3, 4)
    assert len(opened.windows(tenant, trace_id).index) == 4


def test_an_export_has_every_span(data_plane: DataPlane, tenant: str) -> None:
    """The parts of a huge trace are those of the trace as it is now, however old its windows are."""
    opened = OpenTraces(data_plane.engine, huge_spans=1)
    opened.on_outdated = lambda _: None
    trace_id = _put(data_plane, tenant, 1, 1)
    opened.windows(tenant, trace_id)
    _put(data_plane, tenant, 1, 2)
    assert len(list(opened.parts(tenant, trace_id, 1))) == 2


def test_traces_are_closed_when_there_is_no_room(data_plane: DataPlane, tenant: str) -> None:
    """The one that was not asked for the longest goes first; the last one stays whatever it takes."""
    ids = [_put(data_plane, tenant, trace, *range(1, 30)) for trace in (1, 2, 3)]
    size = OpenTraces(data_plane.engine).windows(tenant, ids[0]).index.nbytes
    opened = OpenTraces(data_plane.engine, max_bytes=2 * size + size // 2)
    first, second = opened.windows(tenant, ids[0]), opened.windows(tenant, ids[1])
    assert opened.windows(tenant, ids[0]) is first
    opened.windows(tenant, ids[2])
    assert opened.windows(tenant, ids[0]) is first
    assert opened.windows(tenant, ids[1]) is not second
    tiny = OpenTraces(data_plane.engine, max_bytes=1)
    assert tiny.windows(tenant, ids[0]) is tiny.windows(tenant, ids[0])


def test_many_who_open_one_trace_share_it(data_plane: DataPlane, tenant: str) -> None:
    """Threads that ask at once get one and the same index."""
    trace_id = _put(data_plane, tenant, 1, *range(1, 200))
    opened = OpenTraces(data_plane.engine)
    found = []
    threads = [threading.Thread(target=lambda: found.append(opened.windows(tenant, trace_id))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def test_traces_of_others_are_unknown(data_plane: DataPlane, tenant: str) -> None:
    """Another tenant's trace is no trace, opened before or not."""
    trace_id = _put(data_plane, tenant, 1, 1)
    opened = OpenTraces(data_plane.engine)
    opened.windows(tenant, trace_id)
    with pytest.raises(NotFound):
        opened.windows("nobody", trace_id)
    with pytest.raises(NotFound):
        opened.span("nobody", trace_id, f"{1:016x}")


def test_one_span_is_read_whole(data_plane: DataPlane, tenant: str) -> None:
    """The span of a ref, the second of its id when that is asked; one that isn't there isn't found."""
    trace_id = _put(data_plane, tenant, 1, 1, 2, 2)
    opened = OpenTraces(data_plane.engine)
    for _ in range(2):
        ((span,),) = [opened.span(tenant, trace_id, f"{2:016x}~1").resource_spans[0].scope_spans[0].spans]
        assert (span.name, span.attributes[0].value.double_value) == ("n2", 1.0)
        opened.windows(tenant, trace_id)  # the second time its index says where to look
    with pytest.raises(NotFound):
        opened.span(tenant, trace_id, f"{2:016x}~2")
    assert not opened.span_logs(tenant, trace_id, f"{2:016x}").resource_logs


def test_a_trace_in_parts_is_the_whole_trace(data_plane: DataPlane, tenant: str) -> None:
    """Every span in exactly one part; those that start at one moment are not torn apart."""
    numbers = [1, 2, 2, 2, 2, 3, 70_000_000_000, 70_000_000_001]
    trace_id = _put(data_plane, tenant, 1, *numbers)
    parts = [
        [int.from_bytes(span.span_id, "big") for span in part.resource_spans[0].scope_spans[0].spans]
        for part in OpenTraces(data_plane.engine).parts(tenant, trace_id, 2)
    ]
    assert [number for part in parts for number in part] == numbers
    assert [2, 2, 2, 2] in [[number for number in part if number == 2] for part in parts]
    assert len(parts) > 2


def test_attributes_are_found_as_typed(data_plane: DataPlane, tenant: str) -> None:
    """`1.50` means the number, as in a search of traces."""
    trace_id = _put(data_plane, tenant, 1, 1, 2, 3)
    found = OpenTraces(data_plane.engine).ids_with_attribute(tenant, trace_id, "half", "1.50")
    assert np.array_equal(found, [3])


def test_a_trace_beyond_all_bounds_is_refused(
    data_plane: DataPlane, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too many spans to open: the refusal says how many there are and what else can be done."""
    trace_id = _put(data_plane, tenant, 1, 1, 2, 3)
    monkeypatch.setattr(open_traces, "MAX_SPANS", 2)
    with pytest.raises(QueryTooExpensive, match="3 spans"):
        OpenTraces(data_plane.engine).windows(tenant, trace_id)


def test_a_huge_trace_is_not_sent_whole(data_plane: DataPlane, tenant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound the answer is a refusal that names the windows; at the bound it is the trace."""
    trace_id = _put(data_plane, tenant, 1, 1, 2, 3)
    reader = StoredTraces(data_plane.engine)
    monkeypatch.setattr("clew.query.reader.MAX_WHOLE_SPANS", 3)
    assert len(reader.trace(tenant, trace_id).resource_spans[0].scope_spans[0].spans) == 3
    monkeypatch.setattr("clew.query.reader.MAX_WHOLE_SPANS", 2)
    with pytest.raises(QueryTooExpensive, match="/tree"):
        reader.trace(tenant, trace_id)
