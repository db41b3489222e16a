from clew.receive.kafka_counters import KafkaCounters


def test_counts_add_up_by_topic_and_reason() -> None:
    """Totals grow; the lag is what was measured last, and of the partitions that were measured."""
    counters = KafkaCounters()
    counters.read("a", 3, 100)
    counters.read("a", 2, 10)
    counters.bad("a", "malformed")
    counters.dead_letter("written")
    counters.set_lag({("a", 0): 5, ("a", 1): 1})
    counters.set_lag({("a", 0): 2})
    counts = counters.snapshot()
    assert (counts.records, counts.bytes) == ({"a": 5}, {"a": 110})
    assert (counts.bad_records, counts.dead_letters) == ({("a", "malformed"): 1}, {"written": 1})
    assert counts.lag_records == {("a", 0): 2}
