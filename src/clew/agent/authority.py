"""Whose certificates the agent trusts: the system's authorities, or that of a file."""

import ssl
from pathlib import Path

from clew.errors import ConfigurationError


def trusted_by(ca_file: Path | None) -> ssl.SSLContext | None:
    """For connections to gateways; None for what is usual. Raises ConfigurationError for a file without one."""
    if ca_file is None:
        return None
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl's own errors are among them
        reason = error.strerror if isinstance(error, FileNotFoundError | PermissionError) else str(error)
        raise ConfigurationError(
            f"ca_file {ca_file} (--ca-file, CLEW_CA_FILE) can't be read as PEM: {reason}; name the authority's file"
        ) from None
