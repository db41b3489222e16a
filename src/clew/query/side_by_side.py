"""Statements that don't need each other's answers, asked at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

_THREADS = ThreadPoolExecutor(8, thread_name_prefix="clew-side-by-side")
"""More than there are read handles would only wait for them."""


def side_by_side(*calls: Callable[[], Any]) -> list[Any]:
    """The answers, in the order of the calls, each of which works for the question of whoever asks.

    Raises what the first of them raised; the others end by themselves. A call MUST NOT ask side by side in turn: with
    all threads waiting for each other, none would answer.
    """
    futures = [_THREADS.submit(copy_context().run, call) for call in calls[1:]]
    return [calls[0](), *(future.result() for future in futures)] if calls else []
