import threading

import pytest

from clew.errors import MalformedInput, Overloaded
from clew.journal.record import AppendResult
from clew.receive.intake import InFlightBytes, Intake, append_checked, record_key, stream_name
from clew.wire.otlp_check import CheckedRequest
from tests.receive.memory_intake import MemoryIntake


def test_keys_have_32_bytes_and_depend_on_stream_and_text() -> None:
    """The same text in another stream is another key."""
    keys = {record_key(stream, text) for stream in ("traces/a", "logs/a", "traces/b") for text in ("x", "y")}
    assert len(keys) == 6
    assert {len(key) for key in keys} == {32}
    assert record_key("traces/a", "x") in keys


@pytest.mark.parametrize("text", ["", " ", "a b", "x" * 201, "\x7f", "é", "a\n"])
def test_a_key_is_visible_ascii(text: str) -> None:
    """Empty, long and invisible keys are refused."""
    with pytest.raises(MalformedInput, match="1 to 200 visible ASCII"):
        record_key("traces/a", text)


def test_a_request_with_nothing_to_store_is_done_at_once(intake: MemoryIntake) -> None:
    """The journal gets no empty records."""
    results: list[AppendResult | Exception] = []
    append_checked(intake, stream_name("traces", "a"), CheckedRequest(b"", 0, 1, "why"), None, results.append)
    assert results == [AppendResult.STORED]
    assert not intake.arrived.is_set()


def test_a_payload_is_appended_with_its_key(intake: MemoryIntake) -> None:
    """What the check left goes to the journal under the key."""
    done = threading.Event()
    port: Intake = intake
    append_checked(port, "traces/a", CheckedRequest(b"x", 1, 0, ""), b"k" * 32, lambda _: done.set())
    assert done.wait(10)
    assert [(record.payload, record.key) for record in intake.appended] == [(b"x", b"k" * 32)]


def test_bytes_in_flight_are_bounded_and_given_back() -> None:
    """What doesn't fit is refused and holds nothing; leaving the block frees the share, errors or not."""
    in_flight = InFlightBytes(100, retry_after_s=3.0)
    with in_flight.hold() as first:
        first.grow(60)
        first.grow(40)
        with pytest.raises(Overloaded) as refused, in_flight.hold() as second:
            second.grow(1)
        assert refused.value.retry_after_s == 3.0
        assert in_flight.held_bytes == 100
    assert in_flight.held_bytes == 0
