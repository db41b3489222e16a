"""What Clew says of itself: status, readiness, metrics."""

from collections.abc import Iterator
from pathlib import Path

from clew import __version__
from clew.api.ports import JournalStatus, Metric, StatusReport, StoreStatus
from clew.journal.journal import Journal
from clew.receive.counters import ReceiveCounters
from clew.store.engine import Engine
from clew.store.load import Loader
from clew.store.read import count_stored

_PAGE_BYTES = 4096


class RunningSystem:
    """The figures of one running server."""

    def __init__(self, engine: Engine, journal: Journal, loader: Loader, counters: ReceiveCounters) -> None:
        self._engine = engine
        self._journal = journal
        self._loader = loader
        self._counters = counters

    def status(self) -> StatusReport:
        """Journal and store as they stand now."""
        usage = self._journal.usage()
        spans, traces, logs, size_bytes = count_stored(self._engine)
        return StatusReport(
            version=__version__,
            journal=JournalStatus(
                waiting_bytes=usage.waiting_bytes,
                waiting_segments=usage.waiting_segments,
                last_segment=usage.last_sequence,
                loaded_segment=usage.released_sequence,
            ),
            store=StoreStatus(spans=spans, traces=traces, logs=logs, bytes=size_bytes),
        )

    def ready(self) -> str | None:
        """None when requests can be answered, else what is still missing."""
        return None if self._loader.counters.warm else "the store is warming up; try again in a second"

    def metrics(self) -> Iterator[Metric]:
        """Everything that `/metrics` shows."""
        yield from self._receive_metrics()
        yield from self._journal_metrics()
        yield from self._load_metrics()
        yield Metric(
            "process_resident_memory_bytes", "Memory this process holds.", "gauge", [({}, float(_resident_bytes()))]
        )

    def _receive_metrics(self) -> Iterator[Metric]:
        counts = self._counters.snapshot()
        for name, text, values in (
            ("clew_receive_requests_total", "Requests acknowledged as durable.", counts.accepted_requests),
            ("clew_receive_records_total", "Spans and log records acknowledged as durable.", counts.accepted_records),
            ("clew_receive_bytes_total", "Bytes of OTLP acknowledged as durable.", counts.accepted_bytes),
            ("clew_receive_repeated_total", "Requests known by their Idempotency-Key.", counts.repeated_requests),
            ("clew_receive_rejected_records_total", "Records left out of a request.", counts.rejected_records),
        ):
            samples = [({"protocol": door, "signal": signal}, float(n)) for (door, signal), n in sorted(values.items())]
            yield Metric(name, text, "counter", samples)
        refused = [
            ({"protocol": door, "signal": signal, "reason": reason}, float(count))
            for (door, signal, reason), count in sorted(counts.refused_requests.items())
        ]
        yield Metric("clew_receive_refused_total", "Requests answered with an error.", "counter", refused)

    def _journal_metrics(self) -> Iterator[Metric]:
        usage = self._journal.usage()
        for name, text, value in (
            ("clew_journal_waiting_bytes", "Bytes in the journal that aren't loaded yet.", usage.waiting_bytes),
            ("clew_journal_waiting_segments", "Segments that aren't loaded yet.", usage.waiting_segments),
            ("clew_journal_oldest_age_seconds", "Age of the oldest segment not loaded yet.", usage.oldest_age_s),
        ):
            yield Metric(name, text, "gauge", [({}, float(value))])

    def _load_metrics(self) -> Iterator[Metric]:
        counters = self._loader.counters
        for name, text, value in (
            ("clew_load_segments_total", "Segments loaded into the store.", counters.segments),
            ("clew_load_bytes_total", "Bytes loaded into the store.", counters.bytes),
            ("clew_load_seconds_total", "Time spent loading.", counters.seconds),
            ("clew_load_retries_total", "Loads that failed and were tried again.", counters.retries),
            ("clew_load_quarantined_total", "Records that the engine can't read, set aside.", counters.quarantined),
        ):
            yield Metric(name, text, "counter", [({}, float(value))])


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES
