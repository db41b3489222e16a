"""The metric families of whatever has doors and a journal behind them."""

from collections.abc import Iterator, Sequence

from clew.journal.journal import JournalUsage
from clew.journal.quarantine import QuarantinedFile
from clew.model.metric import Metric, gauge
from clew.receive.counters import ReceiveCounts
from clew.receive.kafka_counters import KafkaCounts
from clew.wire.compiled_library import load_library


def receive_metrics(counts: ReceiveCounts) -> Iterator[Metric]:
    """What was acknowledged, left out and refused."""
    for name, text, values in (
        ("clew_receive_requests_total", "Requests acknowledged as durable.", counts.accepted_requests),
        ("clew_receive_records_total", "Spans and log records acknowledged as durable.", counts.accepted_records),
        ("clew_receive_bytes_total", "Bytes of OTLP acknowledged as durable.", counts.accepted_bytes),
        ("clew_receive_repeated_total", "Requests known by their Idempotency-Key.", counts.repeated_requests),
        ("clew_receive_rejected_records_total", "Records left out of a request.", counts.rejected_records),
        ("clew_receive_discarded_total", "Messages answered and not kept, such as metrics.", counts.discarded_messages),
    ):
        samples = [({"protocol": door, "signal": signal}, float(n)) for (door, signal), n in sorted(values.items())]
        yield Metric(name, text, "counter", samples)
    refused = [
        ({"protocol": door, "signal": signal, "reason": reason}, float(count))
        for (door, signal, reason), count in sorted(counts.refused_requests.items())
    ]
    yield Metric("clew_receive_refused_total", "Requests answered with an error.", "counter", refused)
    dropped = [({"protocol": door}, float(count)) for door, count in sorted(counts.dropped_datagrams.items())]
    text = "Datagrams that the kernel dropped because Clew was too slow to read them."
    yield Metric("clew_receive_dropped_datagrams_total", text, "counter", dropped)
    changed = [({"rule": rule}, float(count)) for rule, count in sorted(counts.changed_values.items())]
    yield Metric("clew_receive_changed_values_total", "Values that attribute rules changed.", "counter", changed)
    text = "1 when requests are checked by the compiled scanner."
    yield gauge("clew_receive_compiled", text, int(load_library() is not None))


def kafka_metrics(counts: KafkaCounts) -> Iterator[Metric]:
    """What came from Kafka, and what is still there."""
    for name, text, totals in (
        ("clew_kafka_records_total", "Records of Kafka that are dealt with.", counts.records),
        ("clew_kafka_bytes_total", "Bytes of these records.", counts.bytes),
    ):
        yield Metric(name, text, "counter", [({"topic": topic}, float(n)) for topic, n in sorted(totals.items())])
    bad = [({"topic": topic, "reason": why}, float(n)) for (topic, why), n in sorted(counts.bad_records.items())]
    yield Metric("clew_kafka_bad_records_total", "Records that could not be read.", "counter", bad)
    dead = [({"outcome": outcome}, float(n)) for outcome, n in sorted(counts.dead_letters.items())]
    yield Metric("clew_kafka_dead_letters_total", "Copies of bad records.", "counter", dead)
    lag = [({"topic": topic, "partition": str(number)}, float(n)) for (topic, number), n in counts.lag_records.items()]
    yield Metric("clew_kafka_lag_records", "Records that aren't in the journal yet.", "gauge", sorted(lag, key=str))


def journal_metrics(usage: JournalUsage) -> Iterator[Metric]:
    """How far the store is behind."""
    for name, text, value in (
        ("clew_journal_waiting_bytes", "Bytes in the journal that aren't loaded yet.", usage.waiting_bytes),
        ("clew_journal_waiting_segments", "Segments that aren't loaded yet.", usage.waiting_segments),
        ("clew_journal_oldest_age_seconds", "Age of the oldest segment not loaded yet.", usage.oldest_age_s),
    ):
        yield gauge(name, text, value)


def quarantine_metrics(files: Sequence[QuarantinedFile]) -> Iterator[Metric]:
    """What was set aside and is still there."""
    yield gauge("clew_quarantine_files", "Files that were set aside.", len(files))
    size_bytes = sum(file.size_bytes for file in files)
    yield gauge("clew_quarantine_bytes", "Bytes of the files that were set aside.", size_bytes)
