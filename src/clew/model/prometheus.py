"""Metrics in the Prometheus text format 0.0.4.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/ (escaping: backslash and line feed in help,
these and the double quote in label values).
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping

from clew.model.histogram import HistogramCounts
from clew.model.metric import HistogramMetric, Metric

# The framework adds the charset to every text.
PROMETHEUS_MEDIA_TYPE = "text/plain; version=0.0.4"

_METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_HELP_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n"})
_LABEL_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


def write_metrics(metrics: Iterable[Metric | HistogramMetric]) -> str:
    """The text that a scraper reads; raises ValueError for a name that it would refuse."""
    return "".join(line + "\n" for metric in metrics for line in _lines(metric))


def _lines(metric: Metric | HistogramMetric) -> Iterator[str]:
    name = _checked(metric.name, _METRIC_NAME)
    yield f"# HELP {name} {metric.help.translate(_HELP_ESCAPES)}"
    if isinstance(metric, HistogramMetric):
        yield f"# TYPE {name} histogram"
        for labels, counts in metric.series:
            yield from _histogram_lines(name, labels, counts)
    else:
        yield f"# TYPE {name} {metric.type}"
        for labels, value in metric.samples:
            yield f"{name}{_label_text(labels)} {_value_text(value)}"


def _histogram_lines(name: str, labels: Mapping[str, str], counts: HistogramCounts) -> Iterator[str]:
    for bound, at_most in zip((*counts.bounds, math.inf), (*counts.at_most, counts.count), strict=True):
        yield f"{name}_bucket{_label_text({**labels, 'le': _value_text(bound)})} {at_most}"
    yield f"{name}_sum{_label_text(labels)} {_value_text(counts.total)}"
    yield f"{name}_count{_label_text(labels)} {counts.count}"


def _label_text(labels: Mapping[str, str]) -> str:
    pairs = (f'{_checked(key, _LABEL_NAME)}="{text.translate(_LABEL_ESCAPES)}"' for key, text in labels.items())
    return "{" + ",".join(pairs) + "}" if labels else ""


def _value_text(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)


def _checked(name: str, form: re.Pattern[str]) -> str:
    if form.fullmatch(name) is None:
        raise ValueError(f"{name!r} is no name that Prometheus accepts; use {form.pattern}")
    return name
