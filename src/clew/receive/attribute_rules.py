"""Attribute rules in force, and the secret of their hashes."""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from clew.errors import ConfigurationError
from clew.wire.attribute_pass import AttributePass
from clew.wire.attribute_rules import SECRET_BYTES, AttributeRule, Replacement, ready_rules

SECRET_NAME = "rules.secret"  # noqa: S105 - the name of the file


def open_rules(rules: Sequence[AttributeRule], data_dir: Path) -> AttributePass | None:
    """The rules, ready; None when there are none, so that nothing is done for them. Raises ConfigurationError."""
    if not rules:
        return None
    return AttributePass(ready_rules(rules), Replacement(load_secret(data_dir / SECRET_NAME)))


def load_secret(path: Path) -> bytes:
    """The secret in a file that only its owner may read; made when it isn't there.

    It stays with the data: hashes of another secret don't match those that are stored. Raises ConfigurationError.
    """
    if not path.exists():
        _make_secret(path)
    secret = path.read_bytes()
    if len(secret) != SECRET_BYTES:
        raise ConfigurationError(f"{path} should have {SECRET_BYTES} bytes; bring it back, or remove it for a new one")
    return secret


def _make_secret(path: Path) -> None:
    """In one step, so that a crash leaves no half of one."""
    scratch = path.with_name(f"{path.name}.new")
    scratch.unlink(missing_ok=True)
    fd = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(secrets.token_bytes(SECRET_BYTES))
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
