"""Settings of the analyst, who computes the service graph."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AnalyseSettings:
    """Whether and how often the service graph is computed, and how much of one core that may take on average."""

    enabled: bool = True
    interval_s: float = 10.0
    max_core_share: float = 0.25
