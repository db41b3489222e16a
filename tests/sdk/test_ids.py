import os
import random

from clew.sdk.ids import RandomIdGenerator


def test_ids_are_in_range_and_differ() -> None:
    """A thousand of each, none of them zero."""
    ids = RandomIdGenerator()
    spans = {ids.generate_span_id() for _ in range(1000)}
    traces = {ids.generate_trace_id() for _ in range(1000)}
    assert len(spans) == len(traces) == 1000
    assert all(0 < each < 1 << 64 for each in spans)
    assert all(0 < each < 1 << 128 for each in traces)
    assert ids.is_trace_id_random()


def test_zero_is_drawn_again() -> None:
    """It would be no id."""
    drawn = iter([0, 5, 0, 0, 6])
    ids = RandomIdGenerator()
    ids.draw = lambda _: next(drawn)
    assert ids.generate_span_id() == 5
    assert ids.generate_trace_id() == 6


def test_the_applications_seed_doesnt_make_traces_meet() -> None:
    """Two runs with the same seed have ids of their own."""
    ids = RandomIdGenerator()
    random.seed(1)
    first = ids.generate_trace_id()
    random.seed(1)
    assert ids.generate_trace_id() != first


def test_a_child_of_a_fork_draws_other_ids_than_its_parent() -> None:
    """Both go on from the same state, were it not seeded anew."""
    ids = RandomIdGenerator()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # nothing of the test runner may run in here
        try:
            os.write(writing, str(ids.generate_trace_id()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        theirs = int(told.read())
    os.waitpid(child, 0)
    assert theirs != ids.generate_trace_id()
