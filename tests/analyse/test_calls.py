import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clew.analyse.calls import Names, buckets_of, find_calls
from clew.analyse.span_table import root_probabilities
from clew.model.duration_histogram import bucket_of
from clew.model.service_graph import GraphNode
from tests.analyse.span_rows import Row, table_of

NAMES = Names(
    ["a", "b"], [None, GraphNode("database", "redis"), GraphNode("queue", "kafka"), GraphNode("external", "x")]
)
INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = 1, 2, 3, 4, 5


def edges(rows: list[Row], kinds: list[int], peers: list[int] | None = None) -> dict[str, float]:
    """How many calls each edge has."""
    calls = find_calls(table_of(rows, kinds, peers or []), NAMES, {(0, 1): 0}, {})
    return {
        f"{key.client.name} {key.kind} {key.server.name}": figures.call_count
        for (_, _, key, _), figures in calls.items()
    }


def test_a_client_and_its_server_are_one_call() -> None:
    """Inner spans between a request and the next one add nothing."""
    rows = [(1, 1, 0, 0, 0), (1, 2, 1, 0, 0), (1, 3, 2, 0, 0), (1, 4, 3, 1, 0), (1, 5, 4, 1, 0)]
    assert edges(rows, [SERVER, INTERNAL, CLIENT, SERVER, INTERNAL], [0, 0, 3, 0, 0]) == {"a call b": 1}


def test_a_service_may_call_itself() -> None:
    """A server span below a client span of the same service is a call, an internal one is not."""
    rows = [(1, 1, 0, 0, 0), (1, 2, 1, 0, 0), (1, 3, 1, 0, 0)]
    assert edges(rows, [CLIENT, SERVER, INTERNAL]) == {"a call a": 1}


def test_who_gets_no_answer_asks_what_its_attributes_name() -> None:
    """Of two client spans inside each other, the inner one; a copy of an answered span is answered, too."""
    rows = [(1, 1, 0, 0, 0), (1, 2, 1, 0, 0), (1, 3, 0, 0, 0), (1, 3, 0, 0, 0), (1, 4, 3, 1, 0)]
    assert edges(rows, [CLIENT, CLIENT, CLIENT, CLIENT, SERVER], [1, 1, 3, 3, 0]) == {
        "a database redis": 1,
        "a call b": 1,
    }


def test_a_message_without_a_producer_comes_from_its_queue() -> None:
    """Processing inside of receiving is the same message; with a producer, it comes from that."""
    rows = [(1, 1, 0, 0, 0), (1, 2, 1, 0, 0), (1, 3, 0, 0, 0), (1, 4, 3, 1, 0)]
    assert edges(rows, [CONSUMER, CONSUMER, PRODUCER, CONSUMER], [2, 2, 2, 2]) == {
        "kafka messaging a": 1,
        "a messaging b": 1,
    }


def test_no_spans_make_no_calls() -> None:
    """An empty table has no edges."""
    assert find_calls(table_of([(1, 1, 0, 0, 0)]), NAMES, {(0, 1): 0}, {}) == {}


@given(
    st.lists(
        st.integers(-(2**63), 2**63 - 1) | st.integers(0, 63).map(lambda power: min(2**power, 2**63 - 1)), min_size=1
    )
)
def test_buckets_of_arrays_are_those_of_single_durations(durations_ns: list[int]) -> None:
    """Both ways to compute a bucket agree."""
    assert buckets_of(np.array(durations_ns, np.int64)).tolist() == [bucket_of(each) for each in durations_ns]


def test_a_call_has_the_probability_of_its_span_else_of_its_root() -> None:
    """Calls of one edge that were kept by different probabilities are counted apart."""
    rows = [(1, 1, 0, 0, 0), (1, 2, 1, 1, 0), (1, 3, 1, 1, 0), (1, 4, 1, 1, 0)]
    table = table_of(rows, probabilities=[0.5, 0, 0.125, 0])
    calls = find_calls(table, NAMES, {(0, 1): 0}, root_probabilities(table))
    assert {probability: figures.call_count for (*_, probability), figures in calls.items()} == {0.5: 2, 0.125: 1}
