"""The directory that everything is kept in."""

import tempfile
from pathlib import Path

from clew.errors import ConfigurationError


def make_data_dir(path: Path) -> None:
    """Make it, unless it is there. Raises ConfigurationError when it can't be made, or can't be written."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"data_dir {path} can't be made: {error.strerror}; choose another") from error
    try:
        with tempfile.TemporaryFile(dir=path):  # what permissions and mounts allow is best asked by doing it
            pass
    except OSError as error:
        raise ConfigurationError(
            f"data_dir {path} can't be written: {error.strerror}; change its owner or choose another"
        ) from error
