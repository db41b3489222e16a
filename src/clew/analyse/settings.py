"""Settings of the analyst, who computes the service graph."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AnalyseSettings:
    """How often the service graph is computed (0: never), and how much of one core that may take on average."""

    interval_s: float = 30.0
    max_core_share: float = 0.1
