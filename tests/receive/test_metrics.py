from clew.journal.journal import JournalUsage
from clew.journal.quarantine import QuarantinedFile
from clew.model.prometheus import write_metrics
from clew.receive.counters import ReceiveCounters
from clew.receive.metrics import journal_metrics, quarantine_metrics, receive_metrics
from tests.server.exposition import parse_exposition


def test_refusals_are_shown_by_door_signal_and_reason() -> None:
    """Each has its own sample; what was accepted is by door and signal."""
    counters = ReceiveCounters()
    counters.accepted("grpc", "traces", 512, 2, 9000)
    counters.refused("http", "logs", "too_large")
    samples = parse_exposition(write_metrics(receive_metrics(counters.snapshot())))
    door = (("protocol", "grpc"), ("signal", "traces"))
    assert samples["clew_receive_records_total", door] == 512
    assert samples["clew_receive_bytes_total", door] == 9000
    assert samples["clew_receive_rejected_records_total", door] == 2
    refused = (("protocol", "http"), ("reason", "too_large"), ("signal", "logs"))
    assert samples["clew_receive_refused_total", refused] == 1
    assert samples["clew_receive_compiled", ()] == 1


def test_the_journal_shows_how_far_search_is_behind() -> None:
    """Bytes, segments and the age of the oldest."""
    samples = parse_exposition(write_metrics(journal_metrics(JournalUsage(1000, 2, 3.5, 9, 7))))
    assert samples == {
        ("clew_journal_waiting_bytes", ()): 1000,
        ("clew_journal_waiting_segments", ()): 2,
        ("clew_journal_oldest_age_seconds", ()): 3.5,
    }


def test_what_was_set_aside_is_shown() -> None:
    """How many files there are, and their size."""
    files = [QuarantinedFile("a", 10), QuarantinedFile("b", 5)]
    samples = parse_exposition(write_metrics(quarantine_metrics(files)))
    assert samples == {("clew_quarantine_files", ()): 2, ("clew_quarantine_bytes", ()): 15}
