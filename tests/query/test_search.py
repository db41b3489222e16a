from dataclasses import FrozenInstanceError

import pytest

from clew.query.search import TraceQuery


def test_a_query_can_be_compared_and_not_changed() -> None:
    """Two queries with the same filters are equal, which is what a cursor is bound to."""
    first, second = (TraceQuery("t", "s", None, (("k", "v"),), None, 5, True, None, None, 20, None) for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)
    with pytest.raises(FrozenInstanceError):
        first.limit = 1000000  # type: ignore[misc]  # that it can't be done is the point
