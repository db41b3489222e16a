import threading

import pytest

from clew.errors import JournalClosed, JournalError
from clew.journal.record import AppendResult
from clew.receive.counters import ReceiveCounters
from clew.receive.durable import Durable
from clew.receive.entrance import Entrance
from clew.receive.settings import ReceiveSettings
from clew.wire.otlp_check import CheckedRequest
from tests.receive.memory_intake import MemoryIntake

CHECKED = CheckedRequest(b"payload", 2, 1, "")


def _durable(intake: MemoryIntake, settings: ReceiveSettings | None = None) -> tuple[Entrance, Durable]:
    entrance = Entrance(settings or ReceiveSettings(), intake, ReceiveCounters())
    entrance.close()
    return entrance, Durable(entrance, "traces/default")


def test_waiting_ends_when_all_messages_are_durable(intake: MemoryIntake) -> None:
    """Nothing is answered while one of several messages waits for the disk; then the sums are there, nothing held."""
    entrance, durable = _durable(intake)
    intake.pause()
    for _ in range(3):
        durable.hold(10)
        durable.append(CHECKED, None)
    results: list[AppendResult] = []
    waiting = threading.Thread(target=lambda: results.append(durable.wait()))
    waiting.start()
    assert results == []
    assert entrance.in_flight.held_bytes == 30
    intake.resume()
    waiting.join(10)
    assert results == [AppendResult.STORED]
    assert (durable.records, durable.rejected, durable.payload_bytes) == (6, 3, 21)
    assert entrance.in_flight.held_bytes == 0


def test_one_failed_message_fails_the_call(intake: MemoryIntake) -> None:
    """A message that the journal could not store is raised, whatever became of the others."""
    _, durable = _durable(intake)
    durable.append(CHECKED, None)
    assert durable.wait() is AppendResult.STORED
    intake.fail_with = JournalClosed("closing")
    durable.append(CHECKED, None)
    durable.append(CHECKED, None)
    with pytest.raises(JournalClosed):
        durable.wait()


def test_a_call_with_many_messages_waits_for_the_disk(intake: MemoryIntake) -> None:
    """A call can't queue without end: beyond 256 messages the disk is waited for, here in vain."""
    _, durable = _durable(intake, ReceiveSettings(journal_timeout_s=0.05))
    intake.pause()
    for _ in range(256):
        durable.append(CHECKED, None)
    with pytest.raises(JournalError, match="too slow"):
        durable.append(CHECKED, None)


def test_a_repeated_message_is_told(intake: MemoryIntake) -> None:
    """The result of a key that was stored before is REPEATED."""
    _, durable = _durable(intake)
    for expected in (AppendResult.STORED, AppendResult.REPEATED):
        durable.append(CHECKED, bytes(32))
        assert durable.wait() is expected


def test_what_is_durable_can_be_seen_without_waiting(intake: MemoryIntake) -> None:
    """A stream that goes on learns that all so far is durable, gives back what it held, and counts anew."""
    entrance, durable = _durable(intake)
    intake.pause()
    durable.hold(10)
    durable.append(CHECKED, None)
    durable.look()
    assert durable.messages == 0
    assert entrance.in_flight.held_bytes == 10
    intake.resume()
    while not durable.messages:
        durable.look()
    assert entrance.in_flight.held_bytes == 0
    durable.forget_counts()
    assert (durable.messages, durable.records, durable.rejected, durable.payload_bytes) == (0, 0, 0, 0)
