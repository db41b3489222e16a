import asyncio
import threading

from clew.model.question import MAX_STEPS, Question, Step, asking, current_question


def _step(refusal: str = "") -> Step:
    return Step(1, 2, 0, 3, 4, refusal)


def test_a_withdrawal_is_heard_by_those_who_work_for_it() -> None:
    """Whoever is inside is called, once; whoever left before is not; whoever comes later is called at once."""
    question = Question("search")
    heard: list[str] = []
    with question.on_withdrawal(lambda: heard.append("left before")):
        pass
    with question.on_withdrawal(lambda: heard.append("inside")):
        before = question.is_withdrawn
        question.withdraw()
        after = question.is_withdrawn
        assert (before, after) == (False, True)
    with question.on_withdrawal(lambda: heard.append("late")):
        assert heard == ["inside", "late"]


def test_tasks_and_threads_know_their_question() -> None:
    """The question is there in the task that asks and in the threads that it starts, and nowhere else."""
    question = Question("trace")

    async def ask() -> tuple[object, object, object]:
        with asking(question):
            inside, in_thread = current_question(), await asyncio.to_thread(current_question)
        return inside, in_thread, current_question()

    assert asyncio.run(ask()) == (question, question, None)
    elsewhere: list[object] = []
    with asking(question):
        thread = threading.Thread(target=lambda: elsewhere.append(current_question()))
        thread.start()
        thread.join()
    assert elsewhere == [None]


def test_a_refused_step_refuses_the_question() -> None:
    """The reason of the last refused step is that of the question; an answered step takes none away."""
    question = Question("search")
    question.add_step(_step())
    assert question.refusal == ""
    question.add_step(_step("memory"))
    question.add_step(_step())
    assert question.refusal == "memory"


def test_the_steps_of_a_long_question_are_bounded() -> None:
    """An export of thousands of steps keeps the first ones, and what is said about refusals still holds."""
    question = Question("exportTraces")
    for _ in range(MAX_STEPS + 10):
        question.add_step(_step())
    question.add_step(_step("time"))
    assert len(question.steps) == MAX_STEPS
    assert question.refusal == "time"
