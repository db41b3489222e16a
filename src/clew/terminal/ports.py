"""Whether a port of this machine is free."""

import socket


def is_free(port: int, host: str = "127.0.0.1", *, is_udp: bool = False) -> bool:
    """Whether a server could listen there now."""
    kind = socket.SOCK_DGRAM if is_udp else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind) as probe:
        if not is_udp:  # as servers do: a port whose last connections are still closing counts as free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
