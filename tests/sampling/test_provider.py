import json
from pathlib import Path

import pytest

from clew.errors import ConfigurationError
from clew.sampling.adaptive import Throughput
from clew.sampling.answer import Answer
from clew.sampling.provider import SamplingProvider
from clew.sampling.settings import SamplingSettings

HALF = {"type": "probabilistic", "param": 0.5}
TENTH = {"type": "probabilistic", "param": 0.1}


@pytest.fixture
def provider(tmp_path: Path) -> SamplingProvider:
    """With a file that has a default strategy and one for `named`."""
    path = tmp_path / "strategies.json"
    path.write_text(json.dumps({"default_strategy": TENTH, "service_strategies": [{"service": "named", **TENTH}]}))
    return SamplingProvider(tmp_path / "sampling", SamplingSettings(strategies_file=path))


def test_the_api_comes_before_the_file(provider: SamplingProvider) -> None:
    """But what the file says about a service itself comes before the API's default."""
    assert provider.answer("shop") == Answer(0.1)
    assert provider.source_of("shop") == "file default"
    provider.versions.put({"default_strategy": HALF}, "ann")
    assert provider.answer("shop") == Answer(0.5)
    assert provider.source_of("shop") == "api default"
    assert provider.answer("named") == Answer(0.1)
    assert provider.source_of("named") == "file"
    provider.versions.put({"service_strategies": [{"service": "named", **HALF}]}, "ann")
    assert provider.answer("named") == Answer(0.5)
    assert provider.source_of("named") == "api"


def test_without_any_source(tmp_path: Path) -> None:
    """A thousandth of the traces, nothing to complain about, nothing to count."""
    provider = SamplingProvider(tmp_path, SamplingSettings())
    assert provider.answer("shop") == Answer(0.001)
    assert provider.source_of("shop") == "built in"
    assert provider.complaint == ""
    assert not provider.is_adaptive


def test_answers_are_counted(provider: SamplingProvider) -> None:
    """By protocol; looking at them over the API is not asking."""
    provider.answer("shop", "http")
    provider.answer("shop", "http")
    provider.answer("shop", "grpc")
    provider.answer("shop")
    assert provider.answers() == {"http": 2, "grpc": 1}


def test_what_was_learned_is_told_after_a_restart(tmp_path: Path) -> None:
    """The probabilities of adaptive strategies are kept."""
    provider = SamplingProvider(tmp_path, SamplingSettings())
    provider.versions.put({"default_strategy": {"type": "adaptive", "param": 1}}, "ann")
    assert provider.is_adaptive
    assert provider.target_of("shop", "GET /") == 1.0
    seen = {("shop", "GET /"): Throughput(600, 6000, 60000)}
    provider.adaptive.advance(60.0, 60.0, seen, provider.target_of)
    provider.save_learned()
    again = SamplingProvider(tmp_path, SamplingSettings())
    told = again.answer("shop").operations
    assert told is not None
    assert told == provider.answer("shop").operations
    assert told.by_operation == {"GET /": pytest.approx(0.01)}


def test_a_wrong_file_at_the_first_start_ends_it(tmp_path: Path) -> None:
    """The message has the name of the setting."""
    with pytest.raises(ConfigurationError, match=r"sampling\.strategies_file"):
        SamplingProvider(tmp_path, SamplingSettings(strategies_file=tmp_path / "none.json"))


def test_a_wrong_file_later_is_a_complaint(provider: SamplingProvider, tmp_path: Path) -> None:
    """The answers stay."""
    assert provider.file is not None
    (tmp_path / "strategies.json").write_text("[]")
    provider.file.look()
    assert "must be an object" in provider.complaint
    assert provider.answer("shop") == Answer(0.1)
