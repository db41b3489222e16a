"""Jaeger's sampler `ratelimiting`: so many traces per second, and no more."""

import time
from collections.abc import Callable

from clew.sdk.jaeger_sampler import JaegerSampler, Tags, tags_of
from clew.sdk.rate_limiter import RateLimiter


class RateLimitingSampler(JaegerSampler):
    """Keeps what comes first; of a burst, a second's worth. The store can't tell how many traces were left out.

    Raises ValueError for a negative rate.
    """

    def __init__(self, traces_per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limiter = RateLimiter(traces_per_s, clock)
        self._tags = tags_of("ratelimiting", float(traces_per_s))

    @property
    def traces_per_s(self) -> float:
        return self._limiter.credits_per_s

    def choose(self, trace_id: int, operation: str) -> Tags | None:
        return self._tags if self._limiter.spend() else None

    def get_description(self) -> str:
        return f"RateLimitingSampler{{{self.traces_per_s}}}"
