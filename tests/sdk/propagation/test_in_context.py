import asyncio
import multiprocessing
import pickle
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from queue import SimpleQueue

import pytest
from opentelemetry.context import Context, attach, detach, get_current

from clew.sdk.propagation.b3 import B3SinglePropagator
from clew.sdk.propagation.in_context import InContext
from clew.sdk.propagation.trace_state import read_trace_state
from tests.sdk.propagation.contexts import SPAN_HEX, SPAN_ID, TRACE_HEX, TRACE_ID, context_of, ids_in, span_in
from tests.sdk.propagation.work_elsewhere import Found, fail, look_around

_B3 = f"{TRACE_HEX}-{SPAN_HEX}"
_CONTEXT = context_of(baggage={"user": "ü"})
_HERE: Found = (TRACE_ID, SPAN_ID, False, {"user": "ü"}, f"{_B3}-1")
_NOWHERE: Found = (0, 0, False, {}, "")


def _made_there() -> "InContext[[], Found]":
    """Made while the context was current, which it isn't any more."""
    token = attach(_CONTEXT)
    try:
        return InContext(look_around)
    finally:
        detach(token)


def test_a_function_runs_where_it_was_made() -> None:
    """Arguments and the result go through; the caller's context is as before."""
    work = InContext(look_around, _CONTEXT)
    before = get_current()
    assert _made_there()() == _HERE
    assert work("b", prefix="a")[4] == f"a{_B3}-1b"
    assert get_current() is before
    assert look_around() == _NOWHERE
    assert "look_around" in repr(work)


def test_an_error_goes_through() -> None:
    """And the caller's context is as before."""
    before = get_current()
    with pytest.raises(LookupError, match="work"):
        InContext(fail, _CONTEXT)()
    assert get_current() is before


def test_a_thread_gets_the_context() -> None:
    """By itself it begins at the root."""
    found: SimpleQueue[Found] = SimpleQueue()
    for work in (_made_there(), look_around):
        thread = threading.Thread(target=lambda work=work: found.put(work()))
        thread.start()
        thread.join()
    assert (found.get(), found.get()) == (_HERE, _NOWHERE)


def test_a_pool_of_threads_gets_the_context_for_each_call() -> None:
    """One function in several threads at once; afterwards the threads have none of it."""
    both_are_in = threading.Barrier(2)

    def meet(_: int) -> Found:
        both_are_in.wait(10)
        return look_around()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(InContext(meet, _CONTEXT), range(4))) == [_HERE] * 4
        assert pool.submit(_made_there()).result() == _HERE
        assert pool.submit(look_around).result() == _NOWHERE


def test_tasks_have_the_context_anyway() -> None:
    """Tasks and `to_thread` need nothing; an executor does."""

    async def tell() -> Found:
        return look_around()

    async def main() -> list[Found]:
        attach(_CONTEXT)
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(tell())
        return [
            await task,
            await asyncio.to_thread(look_around),
            await loop.run_in_executor(None, look_around),
            await loop.run_in_executor(None, InContext(look_around)),
        ]

    assert asyncio.run(main()) == [_HERE, _HERE, _NOWHERE, _HERE]


def test_a_coroutine_runs_in_the_context() -> None:
    """From its first step to its last, whichever loop runs it and whatever runs in between."""

    async def tell_twice() -> list[Found]:
        first = look_around()
        await asyncio.sleep(0)
        return [first, look_around()]

    async def main() -> tuple[list[Found], Context]:
        before = get_current()
        found = await InContext(tell_twice, _CONTEXT)()
        assert get_current() is before
        return found, before

    found, before = asyncio.run(main())
    assert found == [_HERE, _HERE]
    assert not ids_in(before)[0]


def test_other_processes_get_trace_and_baggage() -> None:
    """There the span is a remote parent, and what isn't text has become one."""
    context = context_of(baggage={"user": "ü", "n": 7})
    expected = (TRACE_ID, SPAN_ID, True, {"user": "ü", "n": "7"}, f"{_B3}-1")
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawning) as pool:
        assert pool.submit(InContext(look_around, context)).result(60) == expected
        assert list(pool.map(InContext(look_around, context), [""])) == [expected]
        assert pool.submit(look_around).result(60) == _NOWHERE


@pytest.mark.parametrize(("state", "written"), [("d", "d"), ("1", "1"), ("0", "0")])
def test_the_decision_goes_along(state: str, written: str) -> None:
    """Debug, too, and so do trace state and random flag."""
    context = B3SinglePropagator().extract(
        {"b3": f"{_B3}-{state}"}, context_of(flags=2, state=read_trace_state(["1a=1"]))
    )
    work = pickle.loads(pickle.dumps(InContext(look_around, context)))  # noqa: S301  # its own bytes
    assert work()[4] == f"{_B3}-{written}"
    read = span_in(pickle.loads(pickle.dumps(InContext(get_current, context)))())  # noqa: S301  # as above
    assert read.trace_state.to_header() == "1a=1"
    assert read.trace_flags & 2


def test_no_context_goes_along_as_well() -> None:
    """A program without traces works as before."""
    work = pickle.loads(pickle.dumps(InContext(look_around, Context())))  # noqa: S301  # its own bytes
    assert work() == _NOWHERE
