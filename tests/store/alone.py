"""Run a function in a process of its own: an engine process has one data path, and some tests need another."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def run_alone(function: Callable[..., Result], *arguments: object) -> Result:
    """The result (or exception) of a function of a test module, run in a new process (never a fork)."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
        return pool.submit(function, *arguments).result(timeout=100)
