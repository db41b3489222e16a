"""Metric families for `/metrics`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from clew.model.histogram import HistogramCounts


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric family; each sample is its labels and its value."""

    name: str
    help: str
    type: Literal["counter", "gauge", "untyped"]
    samples: Sequence[tuple[Mapping[str, str], float]]


@dataclass(frozen=True, slots=True)
class HistogramMetric:
    """One histogram family; each series is its labels and its counts."""

    name: str
    help: str
    series: Sequence[tuple[Mapping[str, str], HistogramCounts]]


def gauge(name: str, text: str, value: float) -> Metric:
    """A gauge without labels."""
    return Metric(name, text, "gauge", [({}, float(value))])
