import socket
import time
from statistics import median

from clew.demo.service import latency_s, listening_socket, spend


def test_latencies_lie_around_the_median_with_a_tail() -> None:
    """Half of the latencies lie below the median that was asked for, and some are far above it."""
    drawn = [latency_s(20, spread=0.5) for _ in range(4000)]
    assert 0.018 < median(drawn) < 0.022
    assert min(drawn) > 0
    assert max(drawn) > 0.05


def test_spending_time_takes_time() -> None:
    """The caller is held up for about as long as it said."""
    before_s = time.monotonic()
    spend(20, spread=0.01)
    assert time.monotonic() - before_s >= 0.018


def test_a_bound_service_already_queues_connections() -> None:
    """Whoever comes before a service has started waits and isn't refused."""
    with listening_socket() as listener, socket.create_connection(listener.getsockname(), 2) as early:
        assert early.getpeername() == listener.getsockname()
