"""The strategies file, read again whenever it changes; a wrong one changes nothing and is complained about."""

import logging
from pathlib import Path

from clew.errors import ConfigurationError, InputRefused
from clew.sampling.durable_file import write_durably
from clew.sampling.strategies_file import MAX_BYTES, parse_strategies
from clew.sampling.strategy import Strategies

log = logging.getLogger(__name__)

_Seen = tuple[int, int, int]


class WatchedFile:
    """One thread looks, any may read.

    `last_good` is a copy of what was understood last: with it, a start finds the strategies that were in force even if
    the file is wrong by then. Raises ConfigurationError for a wrong file when there is no such copy.
    """

    def __init__(self, path: Path, last_good: Path) -> None:
        self.path = path
        self.complaint = ""
        self._last_good = last_good
        self._seen: _Seen | None = None
        self._strategies = Strategies()
        self.text = b"{}"
        """The JSON of the last strategies that were right."""
        self.look()
        if self.complaint:
            self._fall_back()

    @property
    def strategies(self) -> Strategies:
        """The last ones that were right."""
        return self._strategies

    def look(self) -> bool:
        """Read the file if it has changed; whether there are new strategies."""
        try:
            seen = _stat(self.path)
            if seen == self._seen:
                return False
            text = _read(self.path)
            self._strategies, self.text = parse_strategies(text), text
        except (OSError, InputRefused) as error:
            self._complain(error)
            return False
        self._seen, self.complaint = seen, ""
        self._keep(text)
        log.info("sampling strategies are those of %s", self.path)
        return True

    def _complain(self, error: Exception) -> None:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        complaint = f"{self.path}: {reason}"
        if complaint != self.complaint:
            log.warning("the strategies file is wrong, the old strategies stay in force: %s", complaint)
        self.complaint = complaint
        self._seen = None  # the same file may come back

    def _keep(self, text: bytes) -> None:
        try:
            write_durably(self._last_good, text)
        except OSError as error:  # a full disk; it is only for a start with a wrong file
            log.warning("a copy of the sampling strategies could not be written: %s", error)

    def _fall_back(self) -> None:
        try:
            text = _read(self._last_good)
            self._strategies, self.text = parse_strategies(text), text
        except (OSError, InputRefused):
            raise ConfigurationError(f"sampling.strategies_file: {self.complaint}") from None


def _stat(path: Path) -> _Seen:
    """Kubernetes and editors put another file in place, others write into it."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
