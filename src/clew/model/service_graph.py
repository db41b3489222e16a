"""The service graph: who calls whom, how often, how well and how fast; values."""

from dataclasses import dataclass, field

from clew.model.duration_histogram import Counts

SERVICE, DATABASE, QUEUE, EXTERNAL = "service", "database", "queue", "external"
CALL, MESSAGING, DATABASE_CALL = "call", "messaging", "database"


@dataclass(frozen=True, slots=True, order=True)
class GraphNode:
    """A service that sent spans, or what services say they talk to: a database, a queue, an external host."""

    type: str
    name: str


@dataclass(frozen=True, slots=True, order=True)
class EdgeKey:
    """What makes an edge: who asks whom, and how (`call`, `messaging`, `database`)."""

    client: GraphNode
    server: GraphNode
    kind: str


@dataclass(slots=True)
class EdgeFigures:
    """Calls, those that failed on either side, and durations (buckets) as the client and as the server saw them.

    A side that sent no span for a call has no duration of it.
    """

    call_count: float = 0
    error_count: float = 0
    client_histogram: dict[int, float] = field(default_factory=dict)
    server_histogram: dict[int, float] = field(default_factory=dict)

    def add(self, other: "EdgeFigures", weight: float = 1) -> None:
        """Add the calls of another part, each as often as it weighs."""
        self.call_count += weight * other.call_count
        self.error_count += weight * other.error_count
        _add(self.client_histogram, other.client_histogram, weight)
        _add(self.server_histogram, other.server_histogram, weight)


@dataclass(frozen=True, slots=True)
class GraphQuery:
    """Calls in whole minutes (since 1970) from `first_minute` up to, but without, `end_minute`.

    With `service`, only the edges to and from that service.
    """

    tenant: str
    service: str | None
    first_minute: int
    end_minute: int


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """An edge with what happened on it, by weight (`sampling_weight`), and how many calls of that are stored."""

    key: EdgeKey
    figures: EdgeFigures
    stored_call_count: int
    stored_error_count: int


def _add(into: dict[int, float], counts: Counts, weight: float) -> None:
    for bucket, count in counts.items():
        into[bucket] = into.get(bucket, 0) + weight * count
