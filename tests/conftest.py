"""What every test can have: the data plane of its process, and a tenant of its own."""

from collections.abc import Iterator

import pytest

from tests.data_plane import DataPlane, new_tenant, open_data_plane
from tests.kafka.broker import KafkaBroker, running_broker


@pytest.fixture(scope="session")
def data_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataPlane]:
    """Journal, engine and loader of this test process."""
    with open_data_plane(tmp_path_factory.mktemp("data-plane")) as opened:
        yield opened


@pytest.fixture
def tenant() -> str:
    """A tenant that no other test uses."""
    return new_tenant()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """A broker of this test process."""
    with running_broker(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker
