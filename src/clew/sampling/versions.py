"""Strategies that were set over the API, each version in a file of its own: who, when, what."""

import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from clew.errors import BadQuery, ClewError, ConfigurationError, MalformedInput, NotFound, Overloaded
from clew.sampling.durable_file import sync_directory, write_durably
from clew.sampling.strategies_file import read_strategies
from clew.sampling.strategy import Strategies

KEPT_VERSIONS = 200
_DISK_RETRY_S = 10.0
_FILE = re.compile(r"([0-9]{8})\.json")


@dataclass(frozen=True, slots=True)
class Version:
    """One state of the strategies; `document` is their JSON, None when they were removed."""

    number: int
    set_unix_nano: int
    who: str
    document: dict[str, Any] | None

    def to_json(self) -> bytes:
        """As in the file."""
        return orjson.dumps(
            {"set_unix_nano": self.set_unix_nano, "who": self.who, "strategies": self.document},
            option=orjson.OPT_INDENT_2,
        )


class StrategyVersions:
    """A directory of versions, of which the newest is in force; any thread may call.

    A version is durable before it is in force. Raises ConfigurationError for a newest version that can't be read: an
    older one could tell clients something that was withdrawn.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._numbers = self._find()
        self._current = self._read_newest()
        self._strategies = _strategies_of(self._current)

    @property
    def current(self) -> Version | None:
        """The version in force; None when nothing was ever set."""
        return self._current

    @property
    def strategies(self) -> Strategies:
        """Those in force; empty when there are none."""
        return self._strategies

    def put(self, document: object, who: str, if_number: int | None = None) -> Version:
        """Put strategies (parsed JSON; None removes them) in force, durably.

        Raises MalformedInput, and BadQuery when `if_number` isn't the version in force (0: none) any more.
        """
        with self._lock:
            self._expect(if_number)
            return self._add(document, who)

    def put_service(self, service: str, strategy: object, who: str, if_number: int | None = None) -> Version:
        """The same with the strategy (parsed JSON; None removes it) of one service exchanged.

        Raises NotFound when there is none to remove.
        """
        with self._lock:
            self._expect(if_number)
            return self._add(_with_service(self._current, service, strategy), who)

    def history(self, limit: int) -> list[Version]:
        """The newest first."""
        with self._lock:
            return [self._read(number) for number in self._numbers[: -limit - 1 : -1]]

    def version(self, number: int) -> Version:
        """An old version; raises NotFound."""
        with self._lock:
            if number not in self._numbers:
                raise NotFound(f"there is no version {number} of the strategies; the history lists those that are kept")
            return self._read(number)

    def _expect(self, if_number: int | None) -> None:
        now = 0 if self._current is None else self._current.number
        if if_number is not None and if_number != now:
            raise BadQuery("if_version", f"{if_number} isn't in force any more, but {now}; get that and try again")

    def _add(self, document: Any, who: str) -> Version:
        number = (self._numbers[-1] if self._numbers else 0) + 1
        version = Version(number, time.time_ns(), who, document)
        strategies = _strategies_of(version)
        try:
            write_durably(self._path(number), version.to_json())
        except OSError as error:
            reason = f"the strategies can't be kept ({error.strerror}), and the old ones stay; free some space"
            raise Overloaded(reason, _DISK_RETRY_S) from None
        self._numbers.append(number)
        self._current, self._strategies = version, strategies
        self._forget_oldest()
        return version

    def _forget_oldest(self) -> None:
        surplus = self._numbers[:-KEPT_VERSIONS]
        for number in surplus:
            self._path(number).unlink(missing_ok=True)
        if surplus:
            self._numbers = self._numbers[len(surplus) :]
            sync_directory(self._directory)

    def _find(self) -> list[int]:
        found = self._directory.iterdir() if self._directory.is_dir() else ()
        return sorted(int(match[1]) for path in found if (match := _FILE.fullmatch(path.name)))

    def _read_newest(self) -> Version | None:
        return self._read(self._numbers[-1]) if self._numbers else None

    def _read(self, number: int) -> Version:
        path = self._path(number)
        try:
            content = orjson.loads(path.read_bytes())
            version = Version(number, int(content["set_unix_nano"]), str(content["who"]), content["strategies"])
            _strategies_of(version)
        except (OSError, ValueError, KeyError, TypeError, ClewError) as error:
            raise ConfigurationError(
                f"{path} holds sampling strategies that can't be read ({error}); restore it, or delete it to go on "
                "with the version before"
            ) from None
        return version

    def _path(self, number: int) -> Path:
        return self._directory / f"{number:08}.json"


def _with_service(current: Version | None, service: str, strategy: object) -> dict[str, Any]:
    document = (None if current is None else current.document) or {}
    services = document.get("service_strategies") or []
    others = [each for each in services if each["service"] != service]
    if strategy is None and len(others) == len(services):
        raise NotFound(f"no strategy was set for the service {service!r}")
    if strategy is not None and not isinstance(strategy, dict):
        raise MalformedInput("strategy must be an object: {...}")
    own = [] if strategy is None else [{**strategy, "service": service}]
    return {**document, "service_strategies": [*others, *own]}


def _strategies_of(version: Version | None) -> Strategies:
    return Strategies() if version is None or version.document is None else read_strategies(version.document)
