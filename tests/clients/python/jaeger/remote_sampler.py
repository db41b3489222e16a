"""The sampler that asks: a tracer that is ready when the first strategy has come."""

import threading
from collections.abc import Callable

from jaeger_client import Config
from jaeger_client.metrics import MetricsFactory
from opentracing import Tracer

STRATEGY_TIMEOUT_S = 20.0
REFRESH_INTERVAL_S = 0.05


class _Updates(MetricsFactory):  # type: ignore[misc]  # the package is not installed where the types are checked
    """Tells by the client's own count when a strategy was taken over."""

    def __init__(self) -> None:
        self.taken_over = threading.Event()

    def create_counter(self, name: str, tags: dict[str, str] | None = None) -> Callable[[int], None]:
        counts_updates = name == "jaeger:sampler_updates" and (tags or {}).get("result") == "ok"
        return (lambda _: self.taken_over.set()) if counts_updates else (lambda _: None)


def start_remotely_sampled(service: str, sampling_port: int) -> Tracer:
    """Without a sampler in its settings, the client asks the agent's host at the sampling port."""
    updates = _Updates()
    settings = {"sampling_refresh_interval": REFRESH_INTERVAL_S, "local_agent": {"sampling_port": sampling_port}}
    tracer = Config(settings, service_name=service, metrics_factory=updates).initialize_tracer()
    assert updates.taken_over.wait(STRATEGY_TIMEOUT_S), "no strategy came"
    return tracer
