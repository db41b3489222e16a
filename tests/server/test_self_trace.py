import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status, TracesData

from clew import __version__
from clew.api.questions import Answered
from clew.journal.journal import Journal
from clew.journal.recovery import read_segment
from clew.journal.segment import Segment
from clew.journal.settings import JournalSettings
from clew.model.question import MAX_STEPS, Question, Step
from clew.model.span_context import span_below
from clew.server.self_trace import SERVICE, SLOW_LOAD_NS, SelfTrace, SpanBudget
from clew.store.load import SELF_TRACES, Loaded
from tests.server_process import ServerProcess, running_server
from tests.store.segments import make_spans, request_of

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal that nobody loads from."""
    opened = Journal(tmp_path / "journal", JournalSettings(segment_age_s=0, max_segment_age_s=0))
    yield opened
    opened.close()


def _answered(traceparent: str = "", steps: int = 2, status: int = 200) -> Answered:
    question = Question("searchTraces")
    for number in range(steps):
        question.add_step(Step(100 + number, 200 + number, 5, 1000, 20, ""))
    return Answered(
        question, "GET", "/api/clew/v1/traces", "/api/clew/v1/traces", span_below(traceparent), status, time.time_ns()
    )


def _spans(journal: Journal) -> list[Span]:
    """The spans of the next segment."""
    segment = journal.next_segment(30)
    assert segment is not None
    assert segment.stream == f"{SELF_TRACES}/t"
    spans: list[Span] = []
    for record in read_segment(segment.path):
        for group in ExportTraceServiceRequest.FromString(record.payload).resource_spans:
            resource = {a.key: a.value.string_value for a in group.resource.attributes}
            assert resource == {"service.name": SERVICE, "service.version": __version__}
            spans += [span for scope_spans in group.scope_spans for span in scope_spans.spans]
    journal.release(segment)
    return spans


def _attributes(span: Span) -> dict[str, Any]:
    return {a.key: getattr(a.value, str(a.value.WhichOneof("value"))) for a in span.attributes}


def test_a_request_is_a_span_with_its_queries_below(journal: Journal) -> None:
    """The request's span is the root; each query's is its child, with what the engine read and gave."""
    SelfTrace(journal, "t").answered(_answered())
    root, *queries = _spans(journal)
    assert (root.name, root.kind, root.parent_span_id) == ("GET /api/clew/v1/traces", Span.SPAN_KIND_SERVER, b"")
    assert (len(root.trace_id), len(root.span_id)) == (16, 8)
    assert _attributes(root)["http.response.status_code"] == 200
    assert root.start_time_unix_nano < root.end_time_unix_nano
    assert [query.parent_span_id for query in queries] == [root.span_id] * 2
    assert {query.trace_id for query in queries} == {root.trace_id}
    assert len({root.span_id, *(query.span_id for query in queries)}) == 3
    assert queries[0].name == "query searchTraces"
    assert (queries[0].start_time_unix_nano, queries[0].end_time_unix_nano) == (100, 200)
    assert _attributes(queries[0])["clew.rows_read"] == 1000
    assert _attributes(queries[0])["db.response.returned_rows"] == 20


def test_a_traced_caller_is_the_parent(journal: Journal) -> None:
    """With a traceparent the request's span belongs to the caller's trace; a broken one is none."""
    self_trace = SelfTrace(journal, "t")
    self_trace.answered(_answered(f"{PARENT}-01", steps=0))
    (span,) = _spans(journal)
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == tuple(PARENT.split("-")[1:])
    self_trace.answered(_answered("00-" + "0" * 32 + "-b7ad6b7169203331-01", steps=0))
    (span,) = _spans(journal)
    assert span.parent_span_id == b""


def test_a_caller_that_does_not_sample_gets_no_span(journal: Journal) -> None:
    """Its decision holds for the whole trace."""
    self_trace = SelfTrace(journal, "t")
    self_trace.answered(_answered(f"{PARENT}-00"))
    assert (self_trace.spans, self_trace.dropped, journal.usage().waiting_bytes) == (0, 0, 0)


def test_a_failed_and_a_withdrawn_request_are_errors(journal: Journal) -> None:
    """A 500 is an error, and so is an answer for which nobody waited; a refused query says why."""
    self_trace = SelfTrace(journal, "t")
    failed = _answered(steps=0, status=500)
    failed.question.add_step(Step(1, 2, 0, 0, 0, "failed"))
    self_trace.answered(failed)
    root, query = _spans(journal)
    assert (root.status.code, root.status.message) == (Status.STATUS_CODE_ERROR, "failed")
    assert (query.status.code, query.status.message) == (Status.STATUS_CODE_ERROR, "failed")
    left = _answered(steps=0, status=0)
    left.question.withdraw()
    self_trace.answered(left)
    (root,) = _spans(journal)
    assert root.status.message == "the client left"
    assert "http.response.status_code" not in _attributes(root)


def _loaded(stream: str = "traces/t", ended_ns: int = 30, **differing: Any) -> Loaded:
    segment = Segment(7, 1_763_719_200_000, stream, Path("segment"), 4096)
    return replace(Loaded(segment, ended_ns - 20, ended_ns, is_whole=True), **differing)


def test_a_load_is_a_span_of_its_own(journal: Journal) -> None:
    """It says which segment, how large, how long, and why it is told."""
    self_trace = SelfTrace(journal, "t")
    self_trace.loaded(_loaded("traces/t"))
    (span,) = _spans(journal)
    assert (span.name, span.start_time_unix_nano, span.end_time_unix_nano) == ("load segment", 10, 30)
    assert _attributes(span) == {
        "clew.segment.stream": "traces/t",
        "clew.segment.sequence": 7,
        "clew.segment.bytes": 4096,
        "clew.load.reason": "sample",
        "clew.load.failed_tries": 0,
    }


@pytest.mark.parametrize(
    ("differing", "reason", "is_error"),
    [
        ({"ended_unix_nano": 10 + SLOW_LOAD_NS}, "slow", False),
        ({"is_whole": False}, "damaged", True),
        ({"failed_tries": 3}, "retried", False),
        ({"error": "no space left", "is_whole": False}, "failed", True),
    ],
)
def test_a_load_that_tells_something_is_traced(
    journal: Journal, differing: dict[str, Any], reason: str, is_error: bool
) -> None:
    """Each time, with the reason; an error has its status."""
    self_trace = SelfTrace(journal, "t")
    for _ in range(2):
        self_trace.loaded(_loaded(**differing))
        (span,) = _spans(journal)
        assert _attributes(span)["clew.load.reason"] == reason
        assert (span.status.code == Status.STATUS_CODE_ERROR) == is_error


def test_of_usual_loads_one_a_minute_is_traced(journal: Journal) -> None:
    """A load each second for an hour makes 60 spans; one that was told for another reason counts."""
    self_trace = SelfTrace(journal, "t", spans_per_s=1000)
    for second in range(3600):
        self_trace.loaded(_loaded(ended_ns=second * 10**9 + 20))
    assert self_trace.spans == 60
    self_trace.loaded(_loaded(ended_ns=3600 * 10**9, is_whole=False))
    self_trace.loaded(_loaded(ended_ns=3601 * 10**9))
    assert self_trace.spans == 61


def test_a_load_that_fails_for_long_is_traced_once(journal: Journal) -> None:
    """Else a full disk would have each segment add one every ten seconds."""
    self_trace = SelfTrace(journal, "t")
    for tries in range(100):
        self_trace.loaded(_loaded(ended_ns=(tries + 1) * 10**10, failed_tries=tries, error="no space left"))
    assert self_trace.spans == 1


def test_a_load_of_spans_about_clew_makes_no_span(journal: Journal) -> None:
    """Else each load would be the reason for the next one."""
    self_trace = SelfTrace(journal, "t")
    self_trace.loaded(_loaded(f"{SELF_TRACES}/t"))
    assert (self_trace.spans, journal.usage().waiting_bytes) == (0, 0)


def test_there_are_only_so_many_spans_a_second(journal: Journal) -> None:
    """Beyond the bound whole traces are left out, and counted."""
    self_trace = SelfTrace(journal, "t", spans_per_s=10)
    for _ in range(20):
        self_trace.answered(_answered(steps=3))
    assert 8 <= self_trace.spans <= 16  # two traces at once, and those for which there was room meanwhile
    assert self_trace.spans + self_trace.dropped == 80
    assert self_trace.spans % 4 == 0


def test_a_question_of_many_steps_fits_into_the_bound(journal: Journal) -> None:
    """An export of more queries than spans a second shows its first ones."""
    self_trace = SelfTrace(journal, "t", spans_per_s=10)
    self_trace.answered(_answered(steps=MAX_STEPS))
    assert (self_trace.spans, self_trace.dropped) == (10, 0)


def test_a_budget_fills_up_again() -> None:
    """What was spent is there again after a while, and never more than a second's worth."""
    budget = SpanBudget(1000)
    assert budget.take(1000)
    assert not budget.take(1000)
    deadline_s = time.monotonic() + 30
    while not budget.take(50):
        assert time.monotonic() < deadline_s
        threading.Event().wait(0.01)
    assert not budget.take(1001)


def test_a_journal_that_takes_nothing_is_no_error(journal: Journal) -> None:
    """A full or closed journal costs the spans about Clew, and nobody notices but the counter."""
    self_trace = SelfTrace(journal, "t")
    journal.close()
    self_trace.answered(_answered(steps=0))
    assert (self_trace.spans, self_trace.dropped) == (0, 1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that traces itself."""
    with running_server(tmp_path_factory.mktemp("self-trace") / "data", ["--trace-self"]) as running:
        yield running


def _self_traces(server: ServerProcess, name: str) -> list[TracesData]:
    """All stored traces of Clew with a span of this name; asking makes one more of another name."""
    server.wait_loaded()
    return list(server.export(service=SERVICE, operation=name))


def _written(server: ServerProcess) -> str:
    lines = server.client.get("/metrics").text.splitlines()
    return next(line for line in lines if line.startswith("clew_self_trace_spans_total "))


def test_a_search_is_found_as_a_trace_with_its_queries(server: ServerProcess) -> None:
    """A search request of a real server is stored as api -> queries, with the right parents, and can be searched."""
    server.post_traces(request_of("shop", *make_spans(3)).SerializeToString()).raise_for_status()
    server.wait_loaded()
    answer = server.client.get("/api/clew/v1/traces", params={"service": "shop"})
    (trace,) = _self_traces(server, "GET /api/clew/v1/traces")
    spans = [span for group in trace.resource_spans for part in group.scope_spans for span in part.spans]
    (root,) = [span for span in spans if not span.parent_span_id]
    queries = [span for span in spans if span.parent_span_id]
    assert root.name == "GET /api/clew/v1/traces"
    assert answer.headers["traceresponse"] == f"00-{root.trace_id.hex()}-{root.span_id.hex()}-01"
    assert len(queries) >= 1
    assert {(span.name, span.parent_span_id) for span in queries} == {("query searchTraces", root.span_id)}
    assert all(root.start_time_unix_nano <= span.start_time_unix_nano for span in queries)
    assert all(span.end_time_unix_nano <= root.end_time_unix_nano for span in queries)
    assert sum(int(_attributes(span)["clew.rows_read"]) for span in queries) > 0


def test_whoever_is_not_sampled_is_told_of_no_span(server: ServerProcess) -> None:
    """There is no traceresponse where there is no span."""
    answer = server.client.get("/api/clew/v1/services", headers={"traceparent": f"{PARENT}-00"})
    assert answer.status_code == 200
    assert "traceresponse" not in answer.headers


def test_usual_loads_of_a_real_server_are_sampled(server: ServerProcess) -> None:
    """Of many loads in a row the first of each minute is traced; the segment with that span makes none."""
    for _ in range(5):
        server.post_traces(request_of("shop", *make_spans(2)).SerializeToString()).raise_for_status()
        server.wait_loaded()
    spans = [
        span
        for trace in _self_traces(server, "load segment")
        for group in trace.resource_spans
        for part in group.scope_spans
        for span in part.spans
    ]
    ends = [span.end_time_unix_nano for span in spans if _attributes(span)["clew.load.reason"] == "sample"]
    assert len(spans) >= 1
    assert len(ends) == len({end // (60 * 10**9) for end in ends})
    assert all(_attributes(span)["clew.segment.stream"].startswith(("traces/", "logs/")) for span in spans)


def test_an_idle_server_traces_nothing(server: ServerProcess) -> None:
    """Scrapes, probes and status requests leave no span, and loads of Clew's own spans neither: nothing grows."""
    server.get("/services")
    server.wait_loaded()
    before = _written(server), server.get("/status")["journal"]["last_segment"]
    done: queue.SimpleQueue[None] = queue.SimpleQueue()
    with pytest.raises(queue.Empty):  # two seconds are several turns of journal and loader
        done.get(timeout=2)
    for path in ("/metrics", "/healthz", "/readyz", "/api/clew/v1/status"):
        assert server.client.get(path).status_code == 200
    server.wait_loaded()
    assert (_written(server), server.get("/status")["journal"]["last_segment"]) == before


def test_a_server_traces_itself_only_when_told(tmp_path: Path) -> None:
    """Without the flag there is no span of Clew, and no counter for them."""
    with running_server(tmp_path / "data") as server:
        server.get("/services")
        server.wait_loaded()
        assert server.get("/status")["store"]["spans"] == 0
        assert "clew_self_trace" not in server.client.get("/metrics").text
