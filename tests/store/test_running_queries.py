import threading

import pytest

from clew.model.question import Question
from clew.store.running_queries import RunningQueries


class Killer:
    """Notes which tags it was told to kill; lets a test wait for the n-th time."""

    def __init__(self) -> None:
        self.killed: list[str] = []
        self._changed = threading.Condition()

    def __call__(self, tag: str) -> None:
        with self._changed:
            self.killed.append(tag)
            self._changed.notify_all()

    def wait(self, times: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: len(self.killed) >= times, 30)


def test_a_withdrawn_question_has_its_query_killed_until_it_is_over() -> None:
    """A kill that comes before the engine knows the query finds nothing, so that it is repeated."""
    killer, question = Killer(), Question("q")
    running = RunningQueries(killer)
    with running.watch(question) as tag, running.watch(Question("other")):
        question.withdraw()
        assert killer.wait(3)
    assert set(killer.killed) == {tag}


def test_a_question_withdrawn_before_its_query_is_killed_as_well() -> None:
    """It makes no difference when the client left."""
    killer, question = Killer(), Question("q")
    question.withdraw()
    with RunningQueries(killer).watch(question) as tag:
        assert killer.wait(1)
    assert set(killer.killed) == {tag}


def test_a_query_that_is_over_is_not_killed() -> None:
    """Its tag is never used again, and nobody looks for it."""
    killer, question = Killer(), Question("q")
    running = RunningQueries(killer)
    with running.watch(question) as first:
        pass
    question.withdraw()
    running.stop_all()
    with running.watch(Question("next")) as second:
        assert first != second
    assert killer.killed == []


def test_all_queries_can_be_stopped() -> None:
    """Every query under way is killed, each by its own tag."""
    killer = Killer()
    running = RunningQueries(killer)
    with running.watch(Question("a")) as first, running.watch(Question("b")) as second:
        running.stop_all()
        assert killer.wait(4)
        assert set(killer.killed) == {first, second}


def test_a_tag_is_a_comment_that_no_other_process_uses() -> None:
    """Tags of two processes at one engine differ, and none can end its comment early."""
    with RunningQueries(print).watch(Question("q")) as one, RunningQueries(print).watch(Question("q")) as other:
        assert one != other
        assert one.startswith("/*clew:")
        assert one.index("*/") == len(one) - 2


def test_a_kill_that_fails_leaves_the_query_to_its_limits(caplog: pytest.LogCaptureFixture) -> None:
    """It is told in the log and not tried for ever."""
    failed = threading.Event()

    def fail(tag: str) -> None:
        failed.set()
        raise OSError

    question = Question("q")
    with RunningQueries(fail).watch(question):
        question.withdraw()
        assert failed.wait(30)
        for thread in threading.enumerate():
            if thread.name == "store-killer":
                thread.join(30)
    assert "could not be stopped" in caplog.text
