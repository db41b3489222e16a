import socket

from clew.terminal.ports import is_free


def test_a_port_is_free_until_somebody_listens() -> None:
    """The answer follows the listener."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert not is_free(port)
    assert is_free(port)


def test_a_port_for_datagrams_is_another_one() -> None:
    """Who listens for datagrams takes the port from others who would, and from nobody who wants connections."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        assert not is_free(port, is_udp=True)
        assert is_free(port)
    assert is_free(port, is_udp=True)
