"""What the agent shows on `/metrics` besides its doors and its journal."""

from collections.abc import Iterator, Mapping

from clew.agent.forwarder import ForwardCounts
from clew.agent.sampling_proxy import SamplingCounts
from clew.model.metric import Metric


def forward_metrics(counts: Mapping[str, ForwardCounts]) -> Iterator[Metric]:
    """What each gateway (by URL) took, and what it did not."""
    for name, text, values in (
        (
            "clew_agent_batches_total",
            "Batches that a gateway took.",
            {url: each.batches for url, each in counts.items()},
        ),
        (
            "clew_agent_requests_total",
            "Requests of clients in them.",
            {url: each.requests for url, each in counts.items()},
        ),
        ("clew_agent_bytes_total", "Bytes of OTLP in them.", {url: each.bytes for url, each in counts.items()}),
        (
            "clew_agent_repeats_total",
            "Batches that it had already.",
            {url: each.repeats for url, each in counts.items()},
        ),
        (
            "clew_agent_rejected_records_total",
            "Spans and log records that a gateway left out of what it took.",
            {url: each.rejected_records for url, each in counts.items()},
        ),
        (
            "clew_agent_quarantined_total",
            "Requests that a gateway refuses, set aside.",
            {url: each.quarantined for url, each in counts.items()},
        ),
    ):
        yield Metric(name, text, "counter", _by_gateway(values))
    troubles = [
        ({"gateway": url, "fate": fate}, float(count))
        for url, each in counts.items()
        for fate, count in sorted(each.troubles.items())
    ]
    yield Metric("clew_agent_failed_tries_total", "Tries after which a batch was sent again.", "counter", troubles)
    up = {url: int(each.is_up) for url, each in counts.items()}
    yield Metric("clew_agent_gateway_up", "1 when the gateway took the last batch.", "gauge", _by_gateway(up))


def _by_gateway(values: Mapping[str, int]) -> list[tuple[Mapping[str, str], float]]:
    return [({"gateway": url}, float(value)) for url, value in values.items()]


def sampling_metrics(counts: SamplingCounts) -> Iterator[Metric]:
    """How questions for sampling strategies were answered."""
    answers = (("fresh", counts.fresh), ("stale", counts.stale), ("none", counts.none))
    samples: list[tuple[Mapping[str, str], float]] = [({"answer": name}, float(count)) for name, count in answers]
    text = "Questions for sampling strategies, by the age of the answer."
    yield Metric("clew_agent_sampling_answers_total", text, "counter", samples)
