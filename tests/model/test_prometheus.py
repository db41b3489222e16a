import math

import pytest

from clew.model.histogram import HistogramCounts
from clew.model.metric import HistogramMetric, Metric
from clew.model.prometheus import write_metrics


def test_a_family_has_help_type_and_samples() -> None:
    """Each family is its help, its type and one line per sample, closed by a line feed."""
    text = write_metrics(
        [
            Metric("clew_spans_total", "Spans accepted.", "counter", [({"a": "x", "b": "y"}, 852420), ({}, 0.5)]),
            Metric("clew_up", "", "gauge", []),
        ]
    )
    assert text == (
        "# HELP clew_spans_total Spans accepted.\n"
        "# TYPE clew_spans_total counter\n"
        'clew_spans_total{a="x",b="y"} 852420\n'
        "clew_spans_total 0.5\n"
        "# HELP clew_up \n"
        "# TYPE clew_up gauge\n"
    )


def test_a_histogram_has_buckets_sum_and_count() -> None:
    """Each series has its cumulative buckets with the bound as `le`, one for infinity, the sum and the count."""
    counts = HistogramCounts((0.5, 1.0), (1, 3), 4, 12.25)
    assert write_metrics([HistogramMetric("clew_wait_seconds", "Waited.", [({"query": "a"}, counts)])]) == (
        "# HELP clew_wait_seconds Waited.\n"
        "# TYPE clew_wait_seconds histogram\n"
        'clew_wait_seconds_bucket{query="a",le="0.5"} 1\n'
        'clew_wait_seconds_bucket{query="a",le="1.0"} 3\n'
        'clew_wait_seconds_bucket{query="a",le="+Inf"} 4\n'
        'clew_wait_seconds_sum{query="a"} 12.25\n'
        'clew_wait_seconds_count{query="a"} 4\n'
    )


def test_backslash_line_feed_and_quote_are_escaped() -> None:
    """Label values escape all three; help leaves the quote as it is."""
    text = write_metrics([Metric("m", 'a\\b\n"c"', "gauge", [({"path": 'C:\\n\n"q"'}, 1)])])
    assert '# HELP m a\\\\b\\n"c"\n' in text
    assert 'm{path="C:\\\\n\\n\\"q\\""} 1\n' in text


@pytest.mark.parametrize(
    ("value", "written"),
    [(math.nan, "NaN"), (math.inf, "+Inf"), (-math.inf, "-Inf"), (1e300, "1e+300"), (2**53, "9007199254740992")],
)
def test_odd_values_have_their_names(value: float, written: str) -> None:
    """Values that aren't finite, and large ones, are written as Prometheus reads them."""
    assert write_metrics([Metric("m", "", "gauge", [({}, value)])]).endswith(f"m {written}\n")


@pytest.mark.parametrize("metric", [Metric("1m", "", "gauge", []), Metric("m", "", "gauge", [({"a-b": ""}, 1)])])
def test_a_name_that_scrapers_refuse_is_an_error(metric: Metric) -> None:
    """A bad name is found here, not by a scraper that then drops everything."""
    with pytest.raises(ValueError, match="is no name that Prometheus accepts"):
        write_metrics([metric])
