"""The ingest key that a gateway asks for: from a setting, or from a file that may change while the agent runs."""

import logging
from pathlib import Path

from clew.errors import ConfigurationError
from clew.journal.complaint import Complaint

log = logging.getLogger(__name__)


class GatewayKey:
    """Raises ConfigurationError at once when the file can't be read, or when the key is none."""

    def __init__(self, key: str = "", path: Path | None = None) -> None:
        self._path = path
        self._complaint = Complaint(log)
        self._key = _checked(key, "key") if path is None else _read(path)

    def authorization(self) -> str:
        """The header's value, empty without a key. A file is read anew, since keys are replaced there."""
        if self._path is not None:
            try:
                self._key = _read(self._path)
            except ConfigurationError as error:
                self._complaint.tell(f"{error}; the key that was there before is still used")
        return f"Bearer {self._key}" if self._key else ""


def _read(path: Path) -> str:
    try:
        return _checked(path.read_text(encoding="utf-8").strip(), f"key_file {path}")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(f"key_file {path} can't be read: {reason}; let the agent's user read it") from error


def _checked(key: str, where: str) -> str:
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ConfigurationError(f"{where} holds no key; a key is one word of visible ASCII characters")
    return key
