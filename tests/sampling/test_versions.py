import json
from pathlib import Path
from typing import Any

import pytest

from clew.errors import BadQuery, ConfigurationError, MalformedInput, NotFound, Overloaded
from clew.sampling.strategy import Probabilistic, Strategies
from clew.sampling.versions import KEPT_VERSIONS, StrategyVersions


def document(probability: float) -> dict[str, Any]:
    """A default strategy."""
    return {"default_strategy": {"type": "probabilistic", "param": probability}}


def probability(versions: StrategyVersions) -> float | None:
    """That of the default strategy in force."""
    default = versions.strategies.default
    if default is None:
        return None
    assert isinstance(default.sampler, Probabilistic)
    return default.sampler.probability


def test_at_first_there_is_none(tmp_path: Path) -> None:
    """No version, no strategies, no directory."""
    versions = StrategyVersions(tmp_path / "new")
    assert versions.current is None
    assert versions.strategies == Strategies()
    assert versions.history(10) == []


def test_each_change_is_a_version(tmp_path: Path) -> None:
    """Who, when and what, newest first; the last one holds, also after a restart."""
    versions = StrategyVersions(tmp_path)
    for number, who in enumerate(("ann", "bob"), 1):
        put = versions.put(document(number / 10), who)
        assert (put.number, put.who, put.document) == (number, who, document(number / 10))
    again = StrategyVersions(tmp_path)
    for each in (versions, again):
        assert probability(each) == 0.2
        assert [(old.number, old.who) for old in each.history(10)] == [(2, "bob"), (1, "ann")]
        assert [old.number for old in each.history(1)] == [2]
        assert each.version(1).document == document(0.1)
    assert again.history(1)[0].set_unix_nano > again.history(2)[1].set_unix_nano > 0


def test_removal_is_a_version(tmp_path: Path) -> None:
    """Nothing is in force then, and the history stays."""
    versions = StrategyVersions(tmp_path)
    versions.put(document(0.1), "ann")
    versions.put(None, "bob")
    assert probability(versions) is None
    assert StrategyVersions(tmp_path).history(9)[0].document is None


def test_an_old_version_can_be_put_again(tmp_path: Path) -> None:
    """As a new version."""
    versions = StrategyVersions(tmp_path)
    versions.put(document(0.1), "ann")
    versions.put(document(0.2), "ann")
    versions.put(versions.version(1).document, "bob")
    assert (versions.history(1)[0].number, probability(versions)) == (3, 0.1)


def test_a_wrong_one_changes_nothing(tmp_path: Path) -> None:
    """It is refused before anything is written."""
    versions = StrategyVersions(tmp_path)
    versions.put(document(0.1), "ann")
    with pytest.raises(MalformedInput, match=r"default_strategy\.param"):
        versions.put(document(2), "ann")
    assert probability(versions) == probability(StrategyVersions(tmp_path)) == 0.1


def test_nobody_overwrites_what_he_has_not_seen(tmp_path: Path) -> None:
    """With `if_number` only the version that was looked at is replaced."""
    versions = StrategyVersions(tmp_path)
    versions.put(document(0.1), "ann", if_number=0)
    with pytest.raises(BadQuery, match="isn't in force any more, but 1"):
        versions.put(document(0.2), "bob", if_number=0)
    assert versions.put(document(0.2), "bob", if_number=1).number == 2


def test_an_unknown_version_is_not_found(tmp_path: Path) -> None:
    """Of many versions the oldest go."""
    versions = StrategyVersions(tmp_path)
    for number in range(KEPT_VERSIONS + 2):
        versions.put(document(number / 1000), "ann")
    assert len(list(tmp_path.iterdir())) == KEPT_VERSIONS
    assert versions.version(3).number == 3
    with pytest.raises(NotFound, match="no version 2"):
        versions.version(2)


@pytest.mark.parametrize("content", ["", "{}", json.dumps({"set_unix_nano": 1, "who": "", "strategies": {"a": 1}})])
def test_a_damaged_newest_version_is_no_start(tmp_path: Path, content: str) -> None:
    """An older one must not come into force by itself; the message names the file and says what to do."""
    StrategyVersions(tmp_path).put(document(0.1), "ann")
    (tmp_path / "00000002.json").write_text(content)
    with pytest.raises(ConfigurationError, match=r"00000002\.json.*delete it"):
        StrategyVersions(tmp_path)


def test_a_write_that_was_broken_off_is_nothing(tmp_path: Path) -> None:
    """What a power cut left behind is no version."""
    StrategyVersions(tmp_path).put(document(0.1), "ann")
    (tmp_path / "00000002.json.new").write_text('{"set')
    versions = StrategyVersions(tmp_path)
    assert probability(versions) == 0.1
    assert versions.put(document(0.3), "bob").number == 2


def test_one_service_is_exchanged(tmp_path: Path) -> None:
    """The others and the default stay; each exchange is a version."""
    versions = StrategyVersions(tmp_path)
    versions.put(document(0.1), "ann")
    for name, share in (("a", 0.2), ("b", 0.3), ("a", 0.4)):
        versions.put_service(name, {"type": "probabilistic", "param": share}, "bob")
    samplers = {name: each.sampler for name, each in versions.strategies.services.items()}
    assert samplers == {"a": Probabilistic(0.4), "b": Probabilistic(0.3)}
    assert probability(versions) == 0.1
    versions.put_service("a", None, "bob", if_number=4)
    assert list(StrategyVersions(tmp_path).strategies.services) == ["b"]
    with pytest.raises(NotFound, match="'a'"):
        versions.put_service("a", None, "bob")
    with pytest.raises(MalformedInput, match="must be an object"):
        versions.put_service("a", 1, "bob")
    with pytest.raises(BadQuery):
        versions.put_service("b", None, "bob", if_number=4)


def test_a_full_disk_keeps_the_old_version(tmp_path: Path) -> None:
    """What can't be written is not in force, and may be tried again."""
    versions = StrategyVersions(tmp_path)
    versions.put(document(0.1), "ann")
    blocker = tmp_path / "00000002.json" / "inside"
    blocker.mkdir(parents=True)
    with pytest.raises(Overloaded, match="the old ones stay"):
        versions.put(document(0.2), "ann")
    assert probability(versions) == 0.1
    blocker.rmdir()
    blocker.parent.rmdir()
    assert versions.put(document(0.2), "ann").number == 2
