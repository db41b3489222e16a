import threading

import pytest

from clew.model.question import Question, asking, current_question
from clew.query.side_by_side import side_by_side

TIMEOUT_S = 20.0


def test_calls_run_at_the_same_time_and_answer_in_order() -> None:
    """Each call waits until all have begun; their answers come in the order of the calls."""
    begun = threading.Barrier(3, timeout=TIMEOUT_S)

    def call(number: int) -> int:
        begun.wait()
        return number

    assert side_by_side(lambda: call(0), lambda: call(1), lambda: call(2)) == [0, 1, 2]


def test_every_call_works_for_the_question_of_whoever_asks() -> None:
    """A question that is withdrawn stops all of its statements, those of other threads included."""
    question = Question("search")
    with asking(question):
        assert side_by_side(current_question, current_question) == [question, question]
    assert side_by_side(current_question) == [None]


def test_a_failure_is_raised() -> None:
    """What a call raises reaches the asker, whichever call it was."""
    for place in range(2):
        calls = [lambda: 1, lambda: 2]
        calls[place] = lambda: 1 // 0
        with pytest.raises(ZeroDivisionError):
            side_by_side(*calls)


def test_nothing_to_ask() -> None:
    """No calls, no answers."""
    assert side_by_side() == []
