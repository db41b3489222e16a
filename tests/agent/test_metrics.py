from clew.agent.forwarder import ForwardCounts
from clew.agent.gateway_strategies import SamplingCounts
from clew.agent.metrics import forward_metrics, sampling_metrics
from clew.model.prometheus import write_metrics
from tests.server.exposition import parse_exposition

A = ("gateway", "http://a")


def test_each_gateway_has_its_figures() -> None:
    """What it took, had already, left out and refused; failed tries by fate; whether it is up."""
    counts = {
        "http://a": ForwardCounts(3, 40, 5000, 1, 2, 1, True, {"unknown": 4, "denied": 1}),
        "http://b": ForwardCounts(),
    }
    samples = parse_exposition(write_metrics(forward_metrics(counts)))
    named = ("batches", "requests", "bytes", "repeats", "rejected_records", "quarantined")
    assert [samples[f"clew_agent_{name}_total", (A,)] for name in named] == [3, 40, 5000, 1, 2, 1]
    assert samples["clew_agent_failed_tries_total", (("fate", "unknown"), A)] == 4
    assert samples["clew_agent_gateway_up", (A,)] == 1
    assert samples["clew_agent_gateway_up", (("gateway", "http://b"),)] == 0


def test_answers_about_sampling_are_shown_by_age() -> None:
    """Fresh, stale, and none at all."""
    samples = parse_exposition(write_metrics(sampling_metrics(SamplingCounts(5, 2, 1))))
    shown = {dict(labels)["answer"]: value for (_, labels), value in samples.items()}
    assert shown == {"fresh": 5, "stale": 2, "none": 1}
