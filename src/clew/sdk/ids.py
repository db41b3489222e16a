"""Random ids, independent of what the application does with `random`, and different in each forked process."""

import os
import random
from abc import ABC, abstractmethod


class IdGenerator(ABC):
    """Makes ids; one of one's own may be given to the provider, and so may one of the OpenTelemetry SDK."""

    @abstractmethod
    def generate_span_id(self) -> int:
        """MUST be in 1 … 2**64 - 1."""

    @abstractmethod
    def generate_trace_id(self) -> int:
        """MUST be in 1 … 2**128 - 1."""

    def is_trace_id_random(self) -> bool:
        """Whether the last 56 bits of a trace id are random: traces then carry W3C's random flag."""
        return False


class RandomIdGenerator(IdGenerator):
    """A generator of its own, seeded by the system: `random.seed(1)` in a test doesn't make traces meet."""

    def __init__(self) -> None:
        self._random = random.Random()  # noqa: S311  # ids are no secrets
        self.draw = self._random.getrandbits
        """Bits; an id of zero is as likely as any other, and no id."""
        os.register_at_fork(after_in_child=self._random.seed)

    def generate_span_id(self) -> int:
        return self.draw(64) or self.generate_span_id()

    def generate_trace_id(self) -> int:
        return self.draw(128) or self.generate_trace_id()

    def is_trace_id_random(self) -> bool:
        return True
