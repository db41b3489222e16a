"""The metric families of `/metrics`, each group from the figures of one part of Clew."""

import platform
from collections.abc import Iterator, Mapping

from clew import __version__
from clew.analyse.adaptive_sampling import SamplingCounters
from clew.analyse.analyst import AnalystCounters
from clew.api.questions import QuestionCounts
from clew.authenticate.key_meter import KeyCounts
from clew.model.metric import HistogramMetric, Metric, gauge
from clew.sampling.provider import SamplingProvider
from clew.store.inspection import EngineFigures
from clew.store.load import LoadCounters

Families = Iterator[Metric | HistogramMetric]


def key_metrics(counts: Mapping[tuple[str, str], KeyCounts]) -> Families:
    """What was sent with each key, by its name and tenant; callers without a key are `anonymous`."""
    for name, text, field in (
        ("clew_key_requests_total", "Requests acknowledged, by key.", "requests"),
        ("clew_key_records_total", "Spans and log records acknowledged, by key.", "records"),
        ("clew_key_bytes_total", "Bytes of OTLP acknowledged, by key.", "bytes"),
        ("clew_key_rejected_records_total", "Records left out of a request, by key.", "rejected"),
    ):
        samples = [
            ({"key": key, "tenant": tenant}, float(getattr(each, field))) for (key, tenant), each in counts.items()
        ]
        yield Metric(name, text, "counter", samples)
    refused = [
        ({"key": key, "tenant": tenant, "reason": reason}, float(count))
        for (key, tenant), each in counts.items()
        for reason, count in sorted(each.refused.items())
    ]
    yield Metric("clew_key_refused_total", "Requests answered with an error, by key.", "counter", refused)


def load_metrics(counters: LoadCounters) -> Families:
    """What was loaded, how fast, and how soon."""
    for name, text, value in (
        ("clew_load_segments_total", "Segments loaded into the store.", counters.segments),
        ("clew_load_bytes_total", "Bytes loaded into the store.", counters.bytes),
        ("clew_load_seconds_total", "Time spent loading.", counters.seconds),
        ("clew_load_retries_total", "Loads that failed and were tried again.", counters.retries),
        ("clew_load_quarantined_total", "Records that the engine can't read, set aside.", counters.quarantined),
    ):
        yield Metric(name, text, "counter", [({}, float(value))])
    yield gauge("clew_load_failing_segments", "Segments that failed and wait for another try.", counters.failing)
    text = "From the first record of a segment until all of it can be searched."
    yield HistogramMetric("clew_load_freshness_seconds", text, [({}, counters.freshness.snapshot())])


def query_metrics(counts: QuestionCounts, busy_readers: int, readers: int) -> Families:
    """How long answers took, and why some were refused."""
    series = [({"query": kind}, latency) for kind, latency in sorted(counts.latency.items())]
    yield HistogramMetric("clew_query_duration_seconds", "Until an answer began.", series)
    refused = [
        ({"query": kind, "reason": reason}, float(count)) for (kind, reason), count in sorted(counts.refused.items())
    ]
    yield Metric("clew_query_refused_total", "Questions without an answer.", "counter", refused)
    yield gauge("clew_query_under_way", "Questions being answered.", counts.under_way)
    yield gauge("clew_query_busy_handles", "Read handles in use.", busy_readers)
    yield gauge("clew_query_handles", "Read handles that there are.", readers)


def engine_metrics(figures: EngineFigures | None, max_memory_bytes: int) -> Families:
    """Memory, merges and tables; without figures, only that there are none."""
    yield gauge("clew_engine_up", "1 when the engine answers.", int(figures is not None))
    yield gauge("clew_engine_max_memory_bytes", "Memory that the engine may use.", max_memory_bytes)
    if figures is None:
        return
    info = {"version": __version__, "python": platform.python_version(), "engine": figures.version}
    yield Metric("clew_build_info", "What is running.", "gauge", [(info, 1.0)])
    yield gauge("clew_engine_memory_bytes", "Memory that the engine counts as in use.", figures.memory_bytes)
    yield gauge("clew_merge_running", "Merges of parts under way.", figures.running_merges)
    yield gauge("clew_merge_running_bytes", "Bytes of the parts being merged.", figures.running_merge_bytes)
    yield gauge("clew_mutation_waiting", "Mutations of tables that aren't done yet.", figures.waiting_mutations)
    yield Metric("clew_merge_done_total", "Merges begun since the start.", "counter", [({}, float(figures.merges))])
    yield Metric("clew_merge_rows_total", "Rows read by merges.", "counter", [({}, float(figures.merged_rows))])
    tables = [({"table": table.name}, table) for table in figures.tables]
    yield Metric("clew_store_rows", "Rows of a table.", "gauge", [(to, float(table.rows)) for to, table in tables])
    yield Metric(
        "clew_store_bytes", "Bytes of a table on disk.", "gauge", [(to, float(table.bytes)) for to, table in tables]
    )
    yield Metric(
        "clew_store_parts", "Active parts of a table.", "gauge", [(to, float(table.parts)) for to, table in tables]
    )


def analyst_metrics(counters: AnalystCounters, lag_s: float | None) -> Families:
    """How much the service graph takes, and how far it is behind; `lag_s` is None when it isn't computed."""
    for name, text, value in (
        ("clew_graph_passes_total", "Times that the service graph was brought up to date.", counters.passes),
        ("clew_graph_windows_total", "Minutes of the service graph that were computed.", counters.windows),
        ("clew_graph_spans_total", "Spans read for the service graph.", counters.spans),
        ("clew_graph_seconds_total", "Time spent on the service graph.", counters.seconds),
        ("clew_graph_failures_total", "Passes over the service graph that failed.", counters.failures),
    ):
        yield Metric(name, text, "counter", [({}, float(value))])
    if lag_s is not None:
        text = "What was loaded longer ago is in the service graph."
        yield gauge("clew_graph_lag_seconds", text, lag_s)


def sampling_metrics(provider: SamplingProvider, counters: SamplingCounters) -> Families:
    """What clients asked, and how their answers are calculated."""
    answers = [({"protocol": name}, float(count)) for name, count in sorted(provider.answers().items())]
    yield Metric("clew_sampling_answers_total", "Answers to clients that asked how to sample.", "counter", answers)
    text = "1 when the strategies file is wrong and the old strategies are in force."
    yield gauge("clew_sampling_file_wrong", text, int(bool(provider.complaint)))
    text = "Operations that have a calculated probability."
    yield gauge("clew_sampling_operations", text, len(provider.adaptive.learned))
    for name, text, value in (
        ("clew_sampling_windows_total", "Windows whose root spans were counted.", counters.windows),
        ("clew_sampling_seconds_total", "Time spent counting root spans.", counters.seconds),
        ("clew_sampling_failures_total", "Windows that could not be counted.", counters.failures),
    ):
        yield Metric(name, text, "counter", [({}, float(value))])


def self_trace_metrics(spans: int, dropped: int) -> Families:
    """What Clew traced of itself."""
    yield Metric("clew_self_trace_spans_total", "Spans of Clew about itself.", "counter", [({}, float(spans))])
    text = "Spans of Clew about itself beyond its bound on their rate."
    yield Metric("clew_self_trace_dropped_total", text, "counter", [({}, float(dropped))])
