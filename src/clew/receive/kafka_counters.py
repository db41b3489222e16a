"""What the Kafka door has read, for `/metrics`."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KafkaCounts:
    """A moment's totals by topic; bad records by (topic, reason), lag by (topic, partition).

    Records are Kafka's. The lag is the number of records that the partition has and Clew's journal hasn't.
    """

    records: dict[str, int]
    bytes: dict[str, int]
    bad_records: dict[tuple[str, str], int]
    dead_letters: dict[str, int]
    """By outcome: `written` or `failed`."""
    lag_records: dict[tuple[str, int], int]


class KafkaCounters:
    """Counts of one door, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        self._bad: Counter[tuple[str, str]] = Counter()
        self._dead: Counter[str] = Counter()
        self._lag: dict[tuple[str, int], int] = {}

    def read(self, topic: str, records: int, size_bytes: int) -> None:
        """So many records are dealt with: what is good of them is durable."""
        with self._lock:
            self._records[topic] += records
            self._bytes[topic] += size_bytes

    def bad(self, topic: str, reason: str) -> None:
        """A record could not be read."""
        with self._lock:
            self._bad[topic, reason] += 1

    def dead_letter(self, outcome: str) -> None:
        """A bad record was written to its topic, or could not be."""
        with self._lock:
            self._dead[outcome] += 1

    def set_lag(self, lag_records: Mapping[tuple[str, int], int]) -> None:
        """The partitions that are assigned now, and no others."""
        with self._lock:
            self._lag = dict(lag_records)

    def snapshot(self) -> KafkaCounts:
        """All totals of one moment."""
        with self._lock:
            return KafkaCounts(
                dict(self._records), dict(self._bytes), dict(self._bad), dict(self._dead), dict(self._lag)
            )
