"""A journal, an engine and the loader between them, for tests: put a request in, go on when it can be searched.

An engine process has one data path, so each test process opens one data plane and tests keep apart by tenant.
"""

import contextlib
import queue
import uuid
from collections.abc import Iterator
from pathlib import Path

from clew.journal.journal import Journal
from clew.journal.record import AppendResult
from clew.journal.settings import JournalSettings
from clew.query.reader import StoredTraces
from clew.store.engine import Engine
from clew.store.load import Loader
from clew.store.migrate import migrate

TIMEOUT_S = 30.0


class DataPlane:
    """Everything between the write door and the read door."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.journal = Journal(directory / "journal", JournalSettings(segment_age_s=0.02))
        self.engine = Engine(directory / "store")
        migrate(self.engine)
        self.loader = Loader(self.engine, self.journal, directory / "quarantine")
        self.loader.start()
        self.reader = StoredTraces(self.engine)

    def put(self, stream: str, *payloads: bytes) -> None:
        """Append the payloads and return when all of them are loaded."""
        done: queue.SimpleQueue[AppendResult | Exception] = queue.SimpleQueue()
        for payload in payloads:
            self.journal.append(stream, payload, done.put)
        for _ in payloads:
            assert done.get(timeout=TIMEOUT_S) is AppendResult.STORED
        assert self.journal.wait_released(self.journal.usage().last_sequence, TIMEOUT_S)

    def close(self) -> None:
        """Stop in reverse order."""
        self.loader.stop()
        self.engine.close()
        self.journal.close()


@contextlib.contextmanager
def open_data_plane(directory: Path) -> Iterator[DataPlane]:
    """A data plane in the directory, closed on leaving."""
    data_plane = DataPlane(directory)
    try:
        yield data_plane
    finally:
        data_plane.close()


def new_tenant() -> str:
    """A tenant that no other test uses."""
    return f"t-{uuid.uuid4().hex}"
