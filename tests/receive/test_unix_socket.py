import socket
from pathlib import Path

import pytest

from clew.errors import ConfigurationError
from clew.receive.unix_socket import bind_unix, clear, removed_after


def test_the_socket_of_somebody_who_is_gone_is_taken_over(tmp_path: Path) -> None:
    """A file that a killed process left is no obstacle."""
    path = tmp_path / "otlp.sock"
    bind_unix(path, "otlp_grpc_socket").close()
    assert path.exists()
    with bind_unix(path, "otlp_grpc_socket"), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_a_socket_that_is_in_use_is_left_alone(tmp_path: Path) -> None:
    """Somebody who listens goes on listening; the error names the setting."""
    path = tmp_path / "otlp.sock"
    with bind_unix(path, "otlp_grpc_socket"):
        with pytest.raises(ConfigurationError, match=r"somebody listens there.* set otlp_http_socket to another path"):
            bind_unix(path, "otlp_http_socket")
        assert path.exists()


def test_a_file_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    """A path that holds data is never removed."""
    path = tmp_path / "data"
    path.write_text("precious")
    with pytest.raises(ConfigurationError, match="something else"):
        clear(path, "otlp_grpc_socket")
    assert path.read_text() == "precious"


@pytest.mark.parametrize("name", ["no/such/folder/otlp.sock", "x" * 200])
def test_a_path_that_cannot_be_is_told_with_its_setting(tmp_path: Path, name: str) -> None:
    """A folder that isn't there, and a name that is too long for a socket, are told."""
    with pytest.raises(ConfigurationError, match="set otlp_grpc_socket to another path"):
        bind_unix(tmp_path / name, "otlp_grpc_socket")


def test_the_file_is_removed_on_leaving(tmp_path: Path) -> None:
    """Who looks for the socket later finds nothing, even if it is gone already."""
    path = tmp_path / "otlp.sock"
    for _ in range(2):
        with removed_after(path), bind_unix(path, "otlp_grpc_socket"):
            assert path.exists()
        assert not path.exists()
