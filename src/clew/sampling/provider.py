"""Answers what clients ask: the strategies in force, and what was learned."""

import threading
from collections import Counter
from pathlib import Path

from clew.sampling.adaptive import AdaptiveProbabilities
from clew.sampling.answer import Answer
from clew.sampling.learned_file import read_learned, write_learned
from clew.sampling.resolution import resolve, target_of
from clew.sampling.settings import SamplingSettings
from clew.sampling.strategy import Strategies, choose
from clew.sampling.versions import StrategyVersions
from clew.sampling.watched_file import WatchedFile


class SamplingProvider:
    """All that is known about sampling, in one directory; any thread may call.

    Raises ConfigurationError when the strategies file, or what is in the directory, is wrong.
    """

    def __init__(self, directory: Path, settings: SamplingSettings) -> None:
        self.settings = settings
        self.versions = StrategyVersions(directory / "versions")
        self.file = self._open_file(directory)
        self._learned_path = directory / "learned.json"
        self.adaptive = AdaptiveProbabilities(settings, read_learned(self._learned_path))
        self._answers: Counter[str] = Counter()
        self._counting = threading.Lock()

    def answer(self, service: str, protocol: str = "") -> Answer:
        """What a client of this service is told; `protocol` counts that one asked."""
        if protocol:
            with self._counting:
                self._answers[protocol] += 1
        return resolve(choose(service, self._sources()), self.adaptive.of_service(service), self.settings)

    def answers(self) -> dict[str, int]:
        """How many answers were given, by protocol."""
        with self._counting:
            return dict(self._answers)

    def source_of(self, service: str) -> str:
        """Who says what holds for a service: `api` or `file`, its own strategy or the default; or nobody."""
        named = [("api", self.versions.strategies)]
        if self.file is not None:
            named.append(("file", self.file.strategies))
        for name, each in named:
            if service in each.services:
                return name
        return next((f"{name} default" for name, each in named if each.default is not None), "built in")

    def target_of(self, service: str, operation: str) -> float | None:
        """How many traces per second are wanted; None: it isn't adaptive."""
        return target_of(choose(service, self._sources()).strategy, operation)

    @property
    def is_adaptive(self) -> bool:
        """Whether any strategy is, so that root spans have to be counted."""
        strategies = [strategy for each in self._sources() for strategy in (each.default, *each.services.values())]
        return any(strategy is not None and strategy.is_adaptive for strategy in strategies)

    @property
    def complaint(self) -> str:
        """What is wrong with the strategies file; empty when all is well."""
        return "" if self.file is None else self.file.complaint

    def save_learned(self) -> None:
        """Keep for the next start what was learned. Raises OSError."""
        write_learned(self._learned_path, self.adaptive.learned)

    def _open_file(self, directory: Path) -> WatchedFile | None:
        path = self.settings.strategies_file
        return None if path is None else WatchedFile(path, directory / "last_good_file.json")

    def _sources(self) -> list[Strategies]:
        """Those set over the API before those of the file."""
        sources = [self.versions.strategies]
        return sources if self.file is None else [*sources, self.file.strategies]
