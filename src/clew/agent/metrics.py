"""What the agent shows on `/metrics` besides its doors and its journal."""

from collections.abc import Iterator, Mapping

from clew.agent.forwarder import ForwardCounts
from clew.agent.gateway_strategies import SamplingCounts
from clew.model.metric import Metric

_COUNTED = (
    ("clew_agent_batches_total", "Batches that a gateway took.", "batches"),
    ("clew_agent_requests_total", "Requests of clients in the batches that a gateway took.", "requests"),
    ("clew_agent_bytes_total", "Bytes of OTLP in the batches that a gateway took.", "bytes"),
    ("clew_agent_repeats_total", "Batches that a gateway had already.", "repeats"),
    ("clew_agent_rejected_records_total", "Records that a gateway left out of a batch.", "rejected_records"),
    ("clew_agent_quarantined_total", "Requests that a gateway refuses, set aside.", "quarantined"),
)


def forward_metrics(counts: Mapping[str, ForwardCounts]) -> Iterator[Metric]:
    """What each gateway (by URL) took, and what it did not."""
    for name, text, field in _COUNTED:
        values = {url: getattr(each, field) for url, each in counts.items()}
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
