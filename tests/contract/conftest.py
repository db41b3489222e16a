from collections.abc import Iterator

import pytest

from tests.server_process import ServerProcess, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A whole Clew; tests keep apart by trace id."""
    directory = tmp_path_factory.mktemp("contract")
    config = directory / "clew.toml"
    config.write_text(
        '[journal]\nsegment_age_s = 0.05\n[receive]\ncors_allow_origins = ["https://shop.example.test"]\n'
    )
    with running_server(directory / "data", ["--config", str(config)]) as running:
        yield running
