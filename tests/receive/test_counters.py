import pytest

from clew.errors import InputTooLarge, JournalClosed, JournalFull, MalformedInput, UnsupportedInput
from clew.receive.counters import ReceiveCounters, reason_of


def test_totals_are_kept_apart_by_protocol_and_signal() -> None:
    """Each protocol and signal has its own totals, and a snapshot does not change afterwards."""
    counters = ReceiveCounters()
    counters.accepted("http", "traces", 5, 1, 100)
    counters.accepted("http", "traces", 5, 0, 100)
    counters.accepted("grpc", "logs", 2, 0, 10)
    counters.repeated("http", "traces")
    counters.refused("grpc", "traces", "malformed")
    counters.discarded("skywalking", "metrics")
    counts = counters.snapshot()
    assert counts.discarded_messages == {("skywalking", "metrics"): 1}
    counters.accepted("http", "traces", 5, 0, 100)
    assert counts.accepted_requests == {("http", "traces"): 2, ("grpc", "logs"): 1}
    assert counts.accepted_records == {("http", "traces"): 10, ("grpc", "logs"): 2}
    assert counts.accepted_bytes == {("http", "traces"): 200, ("grpc", "logs"): 10}
    assert counts.rejected_records == {("http", "traces"): 1}
    assert counts.repeated_requests == {("http", "traces"): 1}
    assert counts.refused_requests == {("grpc", "traces", "malformed"): 1}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MalformedInput(), "malformed"),
        (InputTooLarge(), "too_large"),
        (UnsupportedInput(), "unsupported"),
        (JournalFull(""), "overloaded"),
        (JournalClosed(), "journal"),
        (TimeoutError(), "timeout"),
        (ConnectionResetError(), "disconnected"),
        (KeyError(), "internal"),
    ],
)
def test_every_error_has_a_reason(error: Exception, reason: str) -> None:
    """The label names the branch of the error tree, not the class."""
    assert reason_of(error) == reason
