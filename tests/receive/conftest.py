from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from clew.receive.settings import ReceiveSettings
from tests.receive.http_server import OpenDoor, serve_http
from tests.receive.memory_intake import MemoryIntake

OpenHttp = Callable[[ReceiveSettings], OpenDoor]


@pytest.fixture
def intake() -> Iterator[MemoryIntake]:
    """A journal in memory."""
    opened = MemoryIntake()
    yield opened
    opened.close()


@pytest.fixture
def open_http(intake: MemoryIntake) -> Iterator[OpenHttp]:
    """Opens a door with settings of the test's own."""
    with ExitStack() as stack:
        yield lambda settings: stack.enter_context(serve_http(intake, settings))
        intake.resume()


@pytest.fixture
def door(open_http: OpenHttp) -> OpenDoor:
    """A door with the default settings."""
    return open_http(ReceiveSettings())
