from clew.journal.journal import JournalUsage
from clew.journal.quarantine import QuarantinedFile
from clew.model.prometheus import write_metrics
from clew.receive.counters import ReceiveCounters
from clew.receive.kafka_counters import KafkaCounters
from clew.receive.metrics import journal_metrics, kafka_metrics, quarantine_metrics, receive_metrics
from tests.server.exposition import parse_exposition


def test_refusals_are_shown_by_door_signal_and_reason() -> None:
    """Each has its own sample; what was accepted is by door and signal."""
    counters = ReceiveCounters()
    counters.accepted("grpc", "traces", 512, 2, 9000)
    counters.refused("http", "logs", "too_large")
    counters.discarded("skywalking", "metrics")
    counters.changed({"cards": 3})
    counters.changed({"cards": 2})
    samples = parse_exposition(write_metrics(receive_metrics(counters.snapshot())))
    door = (("protocol", "grpc"), ("signal", "traces"))
    assert samples["clew_receive_records_total", door] == 512
    assert samples["clew_receive_bytes_total", door] == 9000
    assert samples["clew_receive_rejected_records_total", door] == 2
    discarded = (("protocol", "skywalking"), ("signal", "metrics"))
    assert samples["clew_receive_discarded_total", discarded] == 1
    refused = (("protocol", "http"), ("reason", "too_large"), ("signal", "logs"))
    assert samples["clew_receive_refused_total", refused] == 1
    assert samples["clew_receive_changed_values_total", (("rule", "cards"),)] == 5
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


def test_kafka_is_shown_by_topic_partition_and_reason() -> None:
    """What came, what was bad, and what is still there."""
    counters = KafkaCounters()
    counters.read("spans", 7, 900)
    counters.bad("spans", "malformed")
    counters.dead_letter("written")
    counters.set_lag({("spans", 3): 11})
    assert parse_exposition(write_metrics(kafka_metrics(counters.snapshot()))) == {
        ("clew_kafka_records_total", (("topic", "spans"),)): 7,
        ("clew_kafka_bytes_total", (("topic", "spans"),)): 900,
        ("clew_kafka_bad_records_total", (("reason", "malformed"), ("topic", "spans"))): 1,
        ("clew_kafka_dead_letters_total", (("outcome", "written"),)): 1,
        ("clew_kafka_lag_records", (("partition", "3"), ("topic", "spans"))): 11,
    }
