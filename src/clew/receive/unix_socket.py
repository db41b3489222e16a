"""Unix sockets as addresses of doors: files that outlive whoever listened on them."""

import contextlib
import errno
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from clew.errors import ConfigurationError

_BACKLOG = 2048


def bind_unix(path: Path, key: str) -> socket.socket:
    """A listening Unix socket. Raises ConfigurationError that names the setting when the path can't be had."""
    clear(path, key)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise _cannot(path, key, error.strerror or str(error)) from error
    return listener


def clear(path: Path, key: str) -> None:
    """Remove the file of a socket on which nobody listens any more; raises ConfigurationError for anything else."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise _cannot(path, key, error.strerror or str(error)) from error
    if not stat.S_ISSOCK(mode):
        raise _cannot(path, key, "there is something else of that name")
    if _is_served(path):
        raise _cannot(path, key, "somebody listens there")
    path.unlink(missing_ok=True)


@contextlib.contextmanager
def removed_after(path: Path) -> Iterator[None]:
    """Remove the file on leaving."""
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _is_served(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(str(path))
        except OSError as error:
            return error.errno != errno.ECONNREFUSED
    return True


def _cannot(path: Path, key: str, reason: str) -> ConfigurationError:
    return ConfigurationError(f"can't listen on {path} ({reason}); set {key} to another path")
