"""What all doors share: the journal behind them, their counters, and the bounds on what is under way."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from clew.receive.admission import Admission, EverybodyIsAdmitted
from clew.receive.counters import ReceiveCounters
from clew.receive.intake import CHECKS, InFlightBytes, Intake
from clew.receive.sampling_answers import BuiltInAnswers, SamplingAnswers
from clew.receive.settings import ReceiveSettings
from clew.wire.attribute_pass import AttributePass, Changes
from clew.wire.otlp_check import CheckedRequest, CheckLimits


class Entrance:
    """Made once and given to each door; close it after the doors."""

    def __init__(
        self,
        settings: ReceiveSettings,
        intake: Intake,
        counters: ReceiveCounters,
        admission: Admission | None = None,
        *,
        rules: AttributePass | None = None,
        sampling: SamplingAnswers | None = None,
    ) -> None:
        self.settings = settings
        self.intake = intake
        self.counters = counters
        self.admission = admission or EverybodyIsAdmitted(settings)
        self._rules = rules
        self.sampling = sampling or BuiltInAnswers()
        self.in_flight = InFlightBytes(settings.max_in_flight_bytes, settings.retry_after_s)
        self.large_texts = threading.Lock()
        """Held while a large text is converted, one at a time: the worst takes 0.35 GB."""
        self.threads = ThreadPoolExecutor(settings.check_threads, thread_name_prefix="clew-check")

    @property
    def has_rules(self) -> bool:
        """Whether values are looked at: then a body costs by what they are, and not by its size alone."""
        return self._rules is not None

    def check(self, signal: str, body: bytes, limits: CheckLimits) -> CheckedRequest:
        """OTLP bytes fit for the journal, with the attribute rules carried out. Raises InputRefused."""
        checked = CHECKS[signal](body, limits)
        if self._rules is None or not checked.payload:
            return checked
        changes = Changes()
        payload = self._rules.apply(signal, checked.payload, changes)
        if changes.counts:
            self.counters.changed(changes.counts)
        return replace(checked, payload=payload)

    def close(self) -> None:
        """Ends the threads."""
        self.threads.shutdown()
