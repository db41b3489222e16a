import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from clew.errors import Overloaded, QueryCancelled
from clew.model.question import Question
from clew.store.read_pool import ReadPool


def test_a_handle_is_used_by_one_at_a_time() -> None:
    """Ten users of two handles never share one, and all handles are back afterwards."""
    in_use: set[str] = set()
    pool = ReadPool(["a", "b"], max_wait_s=30)

    def use(_: int) -> bool:
        with pool.take(Question("q")) as handle:
            is_alone = handle not in in_use
            in_use.add(handle)
            in_use.discard(handle)
        return is_alone

    with ThreadPoolExecutor(10) as threads:
        assert all(threads.map(use, range(200)))
    assert pool.wait_whole(0)
    assert pool.busy == 0


def test_a_handle_comes_back_after_an_error() -> None:
    """Whatever happens to its user, the next one gets it."""
    pool = ReadPool(["a"], max_wait_s=0.01)
    with pytest.raises(ZeroDivisionError), pool.take(Question("q")):
        raise ZeroDivisionError
    with pool.take(Question("q")) as handle:
        assert (handle, pool.busy) == ("a", 1)


def test_who_waits_too_long_is_told_to_come_back() -> None:
    """With all handles in use, the wait ends with Overloaded."""
    pool = ReadPool(["a"], max_wait_s=0.01)
    with pool.take(Question("q")), pytest.raises(Overloaded, match="ask again"), pool.take(Question("q")):
        pytest.fail("there was no handle")


def _waiting(pool: ReadPool, question: Question, waits: threading.Event) -> object:
    waits.set()
    try:
        with pool.take(question) as handle:
            return handle
    except QueryCancelled as error:
        return str(error)


@pytest.mark.parametrize("way", ["withdraw", "close"])
def test_a_wait_ends_when_there_is_nothing_to_wait_for(way: str) -> None:
    """A withdrawn question, and a closed pool, end the wait long before its time, with the reason."""
    pool, question, waits = ReadPool(["a"], max_wait_s=60), Question("q"), threading.Event()
    with ThreadPoolExecutor(1) as threads, pool.take(Question("other")):
        outcome = threads.submit(_waiting, pool, question, waits)
        assert waits.wait(30)
        question.withdraw() if way == "withdraw" else pool.close()
        expected = "nobody waits" if way == "withdraw" else "Clew is stopping"
        assert str(outcome.result(timeout=30)).startswith(expected)
    assert pool.wait_whole(0)


def test_a_withdrawn_question_gets_no_handle() -> None:
    """One that was withdrawn before it came takes nothing, even if there is a free handle."""
    pool, question = ReadPool(["a"], max_wait_s=60), Question("q")
    question.withdraw()
    with pytest.raises(QueryCancelled), pool.take(question):
        pytest.fail("nobody wanted the answer")


def test_waiting_for_a_whole_pool_has_an_end() -> None:
    """While a handle is in use, the pool isn't whole."""
    pool = ReadPool(["a"], max_wait_s=1)
    with pool.take(Question("q")):
        assert not pool.wait_whole(0.01)
    assert pool.wait_whole(0.01)
