"""What all doors share: the journal behind them, their counters, and the bounds on what is under way."""

import threading
from concurrent.futures import ThreadPoolExecutor

from clew.receive.admission import Admission, EverybodyIsAdmitted
from clew.receive.counters import ReceiveCounters
from clew.receive.intake import InFlightBytes, Intake
from clew.receive.sampling_answers import BuiltInAnswers, SamplingAnswers
from clew.receive.settings import ReceiveSettings


class Entrance:
    """Made once and given to each door; close it after the doors."""

    def __init__(
        self,
        settings: ReceiveSettings,
        intake: Intake,
        counters: ReceiveCounters,
        admission: Admission | None = None,
        *,
        sampling: SamplingAnswers | None = None,
    ) -> None:
        self.settings = settings
        self.intake = intake
        self.counters = counters
        self.admission = admission or EverybodyIsAdmitted(settings)
        self.sampling = sampling or BuiltInAnswers()
        self.in_flight = InFlightBytes(settings.max_in_flight_bytes, settings.retry_after_s)
        self.large_texts = threading.Lock()
        """Held while a large text is converted, one at a time: the worst takes 0.35 GB."""
        self.threads = ThreadPoolExecutor(settings.check_threads, thread_name_prefix="clew-check")

    def close(self) -> None:
        """Ends the threads."""
        self.threads.shutdown()
