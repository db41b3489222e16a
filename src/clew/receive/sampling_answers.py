"""Who answers clients that ask how to sample."""

from typing import Protocol

from clew.sampling.answer import Answer
from clew.sampling.strategy import DEFAULT_PROBABILITY


class SamplingAnswers(Protocol):
    """The strategies in force."""

    def answer(self, service: str, protocol: str) -> Answer:
        """What a client of this service is told; `protocol` is the name in metrics.

        MUST be quick, and safe from any thread; MUST have an answer for any service.
        """


class BuiltInAnswers:
    """What holds as long as nobody says anything else."""

    def answer(self, service: str, protocol: str) -> Answer:
        """The same for all."""
        return Answer(DEFAULT_PROBABILITY)
