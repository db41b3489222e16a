"""How long to leave a gateway alone that does not take what it gets."""

import random
from dataclasses import dataclass, field


@dataclass(slots=True)
class Backoff:
    """Pauses that double from `first_s` to `longest_s`, each shortened at random by up to half.

    When a gateway comes back, its thousand agents must not all knock at once.
    """

    first_s: float = 0.5
    longest_s: float = 30.0
    source: random.Random = field(default_factory=random.Random)
    failures: int = 0

    def next_s(self, at_least_s: float = 0.0) -> float:
        """The next pause; not shorter than the gateway asked for, and then longer by up to a tenth."""
        longest_s = min(self.longest_s, self.first_s * float(1 << min(self.failures, 30)))
        self.failures += 1
        pause_s = longest_s * self.source.uniform(0.5, 1.0)
        return max(pause_s, at_least_s * self.source.uniform(1.0, 1.1))

    def reset(self) -> None:
        """The gateway took something."""
        self.failures = 0
