from pathlib import Path

from clew.analyse.adaptive_sampling import SamplingCounters
from clew.analyse.analyst import AnalystCounters
from clew.api.questions import QuestionCounts
from clew.authenticate.key_meter import KeyCounts
from clew.model.histogram import Histogram
from clew.model.prometheus import write_metrics
from clew.sampling.adaptive import Throughput
from clew.sampling.provider import SamplingProvider
from clew.sampling.settings import SamplingSettings
from clew.server.metrics import (
    analyst_metrics,
    engine_metrics,
    key_metrics,
    load_metrics,
    query_metrics,
    sampling_metrics,
    self_trace_metrics,
)
from clew.store.inspection import EngineFigures, TableFigures
from clew.store.load import LoadCounters
from tests.server.exposition import parse_exposition


def test_figures_of_keys_have_their_names() -> None:
    """Each key has its own samples under its name and tenant, refusals also by reason."""
    counts = {("shop", "acme"): KeyCounts(2, 512, 9000, 3, {"rate": 4, "denied": 1})}
    samples = parse_exposition(write_metrics(key_metrics(counts)))
    key = (("key", "shop"), ("tenant", "acme"))
    figures = {name: value for (name, labels), value in samples.items() if labels == key}
    assert figures == {
        "clew_key_requests_total": 2,
        "clew_key_records_total": 512,
        "clew_key_bytes_total": 9000,
        "clew_key_rejected_records_total": 3,
    }
    assert samples["clew_key_refused_total", (("key", "shop"), ("reason", "rate"), ("tenant", "acme"))] == 4


def test_freshness_is_a_histogram() -> None:
    """How long each segment took from its first record to being found."""
    counters = LoadCounters(segments=2, bytes=50, seconds=0.25, retries=1, quarantined=3)
    for age_s in (0.3, 400.0):
        counters.freshness.observe(age_s)
    samples = parse_exposition(write_metrics(load_metrics(counters)))
    assert samples["clew_load_retries_total", ()] == 1
    assert samples["clew_load_freshness_seconds_count", ()] == 2
    assert samples["clew_load_freshness_seconds_bucket", (("le", "0.5"),)] == 1
    assert samples["clew_load_freshness_seconds_bucket", (("le", "300.0"),)] == 1
    assert samples["clew_load_freshness_seconds_sum", ()] == 400.3


def test_queries_are_shown_by_kind_and_reason() -> None:
    """Latency by kind, refusals by kind and reason, and how busy the handles are."""
    latency = Histogram((0.1, 1.0))
    latency.observe(0.05)
    counts = QuestionCounts({"searchTraces": latency.snapshot()}, {("getTrace", "memory"): 2}, 1)
    samples = parse_exposition(write_metrics(query_metrics(counts, 3, 4)))
    query = ("query", "searchTraces")
    assert samples["clew_query_duration_seconds_bucket", (("le", "0.1"), query)] == 1
    assert samples["clew_query_duration_seconds_count", (query,)] == 1
    assert samples["clew_query_refused_total", (("query", "getTrace"), ("reason", "memory"))] == 2
    assert [samples[f"clew_query_{name}", ()] for name in ("under_way", "busy_handles", "handles")] == [1, 3, 4]


def test_tables_and_merges_are_shown() -> None:
    """Rows, bytes and parts of each table; merges under way and done; memory used and allowed; what runs."""
    figures = EngineFigures("26.9.2", 500, 1, 70, 0, 12, 3400, (TableFigures("spans", 9, 80, 2),))
    samples = parse_exposition(write_metrics(engine_metrics(figures, 1000)))
    table = (("table", "spans"),)
    assert [samples[f"clew_store_{name}", table] for name in ("rows", "bytes", "parts")] == [9, 80, 2]
    assert samples["clew_merge_running", ()] == 1
    assert samples["clew_merge_rows_total", ()] == 3400
    assert (samples["clew_engine_memory_bytes", ()], samples["clew_engine_max_memory_bytes", ()]) == (500, 1000)
    (info,) = [dict(labels) for name, labels in samples if name == "clew_build_info"]
    assert (info["engine"], set(info)) == ("26.9.2", {"version", "python", "engine"})


def test_an_engine_that_does_not_answer_is_down() -> None:
    """Then that is told, and nothing made up."""
    samples = parse_exposition(write_metrics(engine_metrics(None, 1000)))
    assert samples == {("clew_engine_up", ()): 0, ("clew_engine_max_memory_bytes", ()): 1000}


def test_self_traces_are_counted() -> None:
    """Written and dropped spans."""
    samples = parse_exposition(write_metrics(self_trace_metrics(7, 2)))
    assert samples == {("clew_self_trace_spans_total", ()): 7, ("clew_self_trace_dropped_total", ()): 2}


def test_the_graph_shows_how_far_it_is_behind() -> None:
    """In seconds, beside what it takes; without a graph there is no such figure."""
    counters = AnalystCounters(passes=3, windows=7, spans=1000)
    samples = parse_exposition(write_metrics(analyst_metrics(counters, 12.5)))
    assert samples["clew_graph_lag_seconds", ()] == 12.5
    assert samples["clew_graph_windows_total", ()] == 7
    assert ("clew_graph_lag_seconds", ()) not in parse_exposition(write_metrics(analyst_metrics(counters, None)))


def test_sampling_shows_questions_and_what_was_learned(tmp_path: Path) -> None:
    """Answers by protocol, a wrong file, windows, and the operations that have a probability."""
    path = tmp_path / "strategies.json"
    path.write_text("{}")
    provider = SamplingProvider(tmp_path / "sampling", SamplingSettings(strategies_file=path))
    provider.answer("shop", "sampling_http")
    provider.adaptive.advance(60.0, 60.0, {("shop", "GET"): Throughput(1, 1.0, 1.0)}, lambda *_: 1.0)
    counters = SamplingCounters(3, 0.5, 1)
    samples = parse_exposition(write_metrics(sampling_metrics(provider, counters)))
    assert samples == {
        ("clew_sampling_answers_total", (("protocol", "sampling_http"),)): 1,
        ("clew_sampling_file_wrong", ()): 0,
        ("clew_sampling_operations", ()): 1,
        ("clew_sampling_windows_total", ()): 3,
        ("clew_sampling_seconds_total", ()): 0.5,
        ("clew_sampling_failures_total", ()): 1,
    }
    path.write_text("[]")
    assert provider.file is not None
    provider.file.look()
    samples = parse_exposition(write_metrics(sampling_metrics(provider, counters)))
    assert samples["clew_sampling_file_wrong", ()] == 1
