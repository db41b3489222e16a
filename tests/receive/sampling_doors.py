"""The doors of remote sampling on free ports, for strategies of a test's own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from clew.receive.counters import ReceiveCounters
from clew.receive.doors import bound
from clew.receive.entrance import Entrance
from clew.receive.sampling_answers import SamplingAnswers
from clew.receive.settings import ReceiveSettings
from tests.receive.memory_intake import MemoryIntake

NAMES = ("sampling_http", "sampling_grpc")
TIMEOUT_S = 30.0


@contextmanager
def sampling_doors(answers: SamplingAnswers) -> Iterator[dict[str, str]]:
    """Both, open until the block ends; their addresses by name."""
    intake = MemoryIntake()
    entrance = Entrance(ReceiveSettings(), intake, ReceiveCounters(), sampling=answers)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        with bound("127.0.0.1", dict.fromkeys(NAMES, 0)) as doors:
            asyncio.run_coroutine_threadsafe(doors.open(entrance), loop).result(TIMEOUT_S)
            yield doors.addresses
            asyncio.run_coroutine_threadsafe(doors.close(), loop).result(TIMEOUT_S)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(TIMEOUT_S)
        loop.close()
        entrance.close()
        intake.close()
