"""The metric families of `/metrics`, each group from the figures of one part of Clew."""

import platform
from collections.abc import Iterator, Sequence

from clew import __version__
from clew.analyse.adaptive_sampling import SamplingCounters
from clew.analyse.analyst import AnalystCounters
from clew.api.ports import HistogramMetric, Metric
from clew.api.questions import QuestionCounts
from clew.journal.journal import JournalUsage
from clew.receive.counters import ReceiveCounts
from clew.sampling.provider import SamplingProvider
from clew.store.inspection import EngineFigures
from clew.store.load import LoadCounters
from clew.store.quarantine import QuarantinedFile
from clew.wire.compiled_library import load_library

Families = Iterator[Metric | HistogramMetric]


def receive_metrics(counts: ReceiveCounts) -> Families:
    """What was acknowledged, left out and refused."""
    for name, text, values in (
        ("clew_receive_requests_total", "Requests acknowledged as durable.", counts.accepted_requests),
        ("clew_receive_records_total", "Spans and log records acknowledged as durable.", counts.accepted_records),
        ("clew_receive_bytes_total", "Bytes of OTLP acknowledged as durable.", counts.accepted_bytes),
        ("clew_receive_repeated_total", "Requests known by their Idempotency-Key.", counts.repeated_requests),
        ("clew_receive_rejected_records_total", "Records left out of a request.", counts.rejected_records),
        ("clew_receive_discarded_total", "Messages answered and not kept, such as metrics.", counts.discarded_messages),
    ):
        samples = [({"protocol": door, "signal": signal}, float(n)) for (door, signal), n in sorted(values.items())]
        yield Metric(name, text, "counter", samples)
    refused = [
        ({"protocol": door, "signal": signal, "reason": reason}, float(count))
        for (door, signal, reason), count in sorted(counts.refused_requests.items())
    ]
    yield Metric("clew_receive_refused_total", "Requests answered with an error.", "counter", refused)
    dropped = [({"protocol": door}, float(count)) for door, count in sorted(counts.dropped_datagrams.items())]
    text = "Datagrams that the kernel dropped because Clew was too slow to read them."
    yield Metric("clew_receive_dropped_datagrams_total", text, "counter", dropped)
    text = "1 when requests are checked by the compiled scanner."
    yield _gauge("clew_receive_compiled", text, int(load_library() is not None))


def journal_metrics(usage: JournalUsage) -> Families:
    """How far the store is behind."""
    for name, text, value in (
        ("clew_journal_waiting_bytes", "Bytes in the journal that aren't loaded yet.", usage.waiting_bytes),
        ("clew_journal_waiting_segments", "Segments that aren't loaded yet.", usage.waiting_segments),
        ("clew_journal_oldest_age_seconds", "Age of the oldest segment not loaded yet.", usage.oldest_age_s),
    ):
        yield _gauge(name, text, value)


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
    yield _gauge("clew_load_failing_segments", "Segments that failed and wait for another try.", counters.failing)
    text = "From the first record of a segment until all of it can be searched."
    yield HistogramMetric("clew_load_freshness_seconds", text, [({}, counters.freshness.snapshot())])


def quarantine_metrics(files: Sequence[QuarantinedFile]) -> Families:
    """What was set aside and is still there."""
    yield _gauge("clew_quarantine_files", "Files that were set aside.", len(files))
    size_bytes = sum(file.size_bytes for file in files)
    yield _gauge("clew_quarantine_bytes", "Bytes of the files that were set aside.", size_bytes)


def query_metrics(counts: QuestionCounts, busy_readers: int, readers: int) -> Families:
    """How long answers took, and why some were refused."""
    series = [({"query": kind}, latency) for kind, latency in sorted(counts.latency.items())]
    yield HistogramMetric("clew_query_duration_seconds", "Until an answer began.", series)
    refused = [
        ({"query": kind, "reason": reason}, float(count)) for (kind, reason), count in sorted(counts.refused.items())
    ]
    yield Metric("clew_query_refused_total", "Questions without an answer.", "counter", refused)
    yield _gauge("clew_query_under_way", "Questions being answered.", counts.under_way)
    yield _gauge("clew_query_busy_handles", "Read handles in use.", busy_readers)
    yield _gauge("clew_query_handles", "Read handles that there are.", readers)


def engine_metrics(figures: EngineFigures | None, max_memory_bytes: int) -> Families:
    """Memory, merges and tables; without figures, only that there are none."""
    yield _gauge("clew_engine_up", "1 when the engine answers.", int(figures is not None))
    yield _gauge("clew_engine_max_memory_bytes", "Memory that the engine may use.", max_memory_bytes)
    if figures is None:
        return
    info = {"version": __version__, "python": platform.python_version(), "engine": figures.version}
    yield Metric("clew_build_info", "What is running.", "gauge", [(info, 1.0)])
    yield _gauge("clew_engine_memory_bytes", "Memory that the engine counts as in use.", figures.memory_bytes)
    yield _gauge("clew_merge_running", "Merges of parts under way.", figures.running_merges)
    yield _gauge("clew_merge_running_bytes", "Bytes of the parts being merged.", figures.running_merge_bytes)
    yield _gauge("clew_mutation_waiting", "Mutations of tables that aren't done yet.", figures.waiting_mutations)
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
        yield _gauge("clew_graph_lag_seconds", text, lag_s)


def sampling_metrics(provider: SamplingProvider, counters: SamplingCounters) -> Families:
    """What clients asked, and how their answers are calculated."""
    answers = [({"protocol": name}, float(count)) for name, count in sorted(provider.answers().items())]
    yield Metric("clew_sampling_answers_total", "Answers to clients that asked how to sample.", "counter", answers)
    text = "1 when the strategies file is wrong and the old strategies are in force."
    yield _gauge("clew_sampling_file_wrong", text, int(bool(provider.complaint)))
    text = "Operations that have a calculated probability."
    yield _gauge("clew_sampling_operations", text, len(provider.adaptive.learned))
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


def _gauge(name: str, text: str, value: float) -> Metric:
    return Metric(name, text, "gauge", [({}, float(value))])
