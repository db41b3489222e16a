from collections.abc import Iterator

import pytest

from tests.clients.stored import Stored, running_clew


@pytest.fixture(scope="module")
def clew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    """A whole Clew; tests keep apart by trace id."""
    with running_clew(tmp_path_factory.mktemp("clients"), "otlp,jaeger,zipkin,sampling") as stored:
        yield stored
