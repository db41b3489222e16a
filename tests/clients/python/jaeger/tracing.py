import threading

from jaeger_client import Config
from opentracing import Tracer


def start_tracing(service: str) -> Tracer:
    """Sends by UDP to JAEGER_AGENT_HOST and JAEGER_AGENT_PORT: localhost and 6831 unless they are set."""
    settings = {"sampler": {"type": "const", "param": 1}}
    return Config(settings, service_name=service).initialize_tracer()


def stop_tracing(tracer: Tracer) -> None:
    """Sends what still waits; the future of `close` belongs to the thread of the reporter."""
    sent = threading.Event()
    tracer.reporter.io_loop.add_callback(lambda: tracer.close().add_done_callback(lambda _: sent.set()))
    sent.wait(5.0)
