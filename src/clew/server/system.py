"""What Clew says of itself: status, readiness, metrics."""

import logging
from collections.abc import Iterator

from clew import __version__
from clew.analyse.adaptive_sampling import AdaptiveSampling
from clew.analyse.analyst import Analyst
from clew.api.ports import JournalStatus, LoadStatus, StatusReport, StoreStatus
from clew.api.questions import QuestionLog
from clew.authenticate.callers import Callers
from clew.errors import ClewError
from clew.journal.journal import Journal
from clew.model.metric import HistogramMetric, Metric
from clew.receive.counters import ReceiveCounters
from clew.receive.kafka_counters import KafkaCounters
from clew.receive.metrics import journal_metrics, kafka_metrics, quarantine_metrics, receive_metrics
from clew.receive.process_figures import process_metrics
from clew.sampling.provider import SamplingProvider
from clew.server.metrics import (
    analyst_metrics,
    engine_metrics,
    key_metrics,
    load_metrics,
    query_metrics,
    sampling_metrics,
    self_trace_metrics,
)
from clew.server.self_trace import SelfTrace
from clew.store.engine import Engine
from clew.store.inspection import EngineFigures, count_stored, engine_figures
from clew.store.load import Loader

log = logging.getLogger(__name__)

_MOST_NAMES = 20


class RunningSystem:
    """The figures of one running server."""

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        loader: Loader,
        counters: ReceiveCounters,
        *,
        questions: QuestionLog | None = None,
        self_trace: SelfTrace | None = None,
        analyst: Analyst | None = None,
        kafka: KafkaCounters | None = None,
        sampling: SamplingProvider | None = None,
        adaptive: AdaptiveSampling | None = None,
        callers: Callers | None = None,
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._loader = loader
        self._counters = counters
        self._questions = questions or QuestionLog()
        self._self_trace = self_trace
        self._analyst = analyst
        self._kafka = kafka
        self._sampling = sampling
        self._adaptive = adaptive
        self._callers = callers

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
            load=self._load_status(),
            graph_lag_s=None if self._analyst is None else self._analyst.lag_s,
            sampling_complaint="" if self._sampling is None else self._sampling.complaint,
        )

    def _load_status(self) -> LoadStatus:
        counters, files = self._loader.counters, self._loader.quarantine.files()
        return LoadStatus(
            failing_segments=counters.failing,
            last_error=counters.last_error,
            quarantine=str(self._loader.quarantine.directory.resolve()),
            quarantined_files=len(files),
            quarantined_bytes=sum(file.size_bytes for file in files),
            quarantined_names=tuple(file.name for file in files[:_MOST_NAMES]),
        )

    def ready(self) -> str | None:
        """None when requests can be answered, else what is still missing."""
        return None if self._loader.counters.warm else "the store is warming up; try again in a second"

    def metrics(self) -> Iterator[Metric | HistogramMetric]:
        """Everything that `/metrics` shows."""
        settings = self._engine.settings
        yield from receive_metrics(self._counters.snapshot())
        if self._kafka is not None:
            yield from kafka_metrics(self._kafka.snapshot())
        if self._callers is not None:
            yield from key_metrics(self._callers.counts())
        yield from journal_metrics(self._journal.usage())
        yield from load_metrics(self._loader.counters)
        yield from quarantine_metrics(self._loader.quarantine.files())
        yield from query_metrics(self._questions.snapshot(), self._engine.busy_readers, settings.read_handles)
        yield from engine_metrics(self._engine_figures(), settings.max_memory_bytes)
        if self._analyst is not None:
            yield from analyst_metrics(self._analyst.counters, self._analyst.lag_s)
        if self._sampling is not None and self._adaptive is not None:
            yield from sampling_metrics(self._sampling, self._adaptive.counters)
        if self._self_trace is not None:
            yield from self_trace_metrics(self._self_trace.spans, self._self_trace.dropped)
        yield from process_metrics()

    def _engine_figures(self) -> EngineFigures | None:
        try:
            return engine_figures(self._engine)
        except ClewError as error:  # the other figures are worth the more, then
            log.warning("the engine does not say how it is: %s", error)
            return None
