import json
from pathlib import Path

from clew.api.sampling_contract import service_answer, strategies_answer, version_answer
from clew.sampling.answer import Answer
from clew.sampling.versions import Version
from clew.sampling.watched_file import WatchedFile


def test_a_version_without_strategies_is_a_removal() -> None:
    """Moments are texts, as everywhere in the API."""
    answer = version_answer(Version(3, 17, "ann", None))
    assert (answer.version, answer.set_unix_nano, answer.who, answer.strategies) == (3, "17", "ann", None)


def test_the_file_is_named_with_its_complaint(tmp_path: Path) -> None:
    """Without a file, and without a version, there is null."""
    nothing = strategies_answer(None, None)
    assert (nothing.version, nothing.file) == (None, None)
    path = tmp_path / "strategies.json"
    path.write_text('{"service_strategies": []}')
    file = WatchedFile(path, tmp_path / "good")
    path.write_text("[]")
    file.look()
    answer = strategies_answer(Version(1, 17, "ann", {}), file)
    assert answer.file is not None
    assert (answer.file.path, "must be an object" in answer.file.complaint) == (str(path), True)
    assert answer.file.strategies == {"service_strategies": []}
    assert answer.version is not None


def test_a_service_is_told_what_its_clients_are() -> None:
    """The same JSON as on the sampling port."""
    answer = service_answer("shop", "file", Answer(0.5))
    assert answer.answer == json.loads('{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.5}}')
    assert (answer.service, answer.source) == ("shop", "file")
