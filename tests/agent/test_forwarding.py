from pathlib import Path

import pytest

from clew.agent.forwarding import open_forwarding
from clew.agent.gateway_key import GatewayKey
from clew.agent.settings import AgentJournalSettings, AgentSettings
from clew.errors import ConfigurationError, JournalLocked
from tests.agent.forwarding import names_in, payload
from tests.agent.scripted_gateway import scripted_gateway
from tests.journal.appends import TIMEOUT_S, append

JOURNAL = AgentJournalSettings(segment_age_s=0.01, min_free_bytes=0)


def test_journal_and_gateways_are_opened_together(tmp_path: Path) -> None:
    """What is appended is forwarded, counted by gateway, and drained before the end."""
    with scripted_gateway() as gateway:
        settings = AgentSettings((gateway.url + "/",), data_dir=tmp_path / "data", journal=JOURNAL)
        with open_forwarding(settings, GatewayKey()) as opened:
            append(opened.journal, payload("a")).result(TIMEOUT_S)
            assert opened.drain(TIMEOUT_S)
            assert opened.counts[gateway.url].requests == 1
        assert names_in(gateway.taken()) == ["a"]


def test_one_directory_belongs_to_one_agent(tmp_path: Path) -> None:
    """The second is refused, and takes nothing from the first."""
    settings = AgentSettings(("http://127.0.0.1:1",), data_dir=tmp_path, journal=JOURNAL)
    with (
        open_forwarding(settings, GatewayKey()),
        pytest.raises(JournalLocked),
        open_forwarding(settings, GatewayKey()),
    ):
        pass


def test_what_can_not_be_opened_leaves_nothing_locked(tmp_path: Path) -> None:
    """A wrong gateway is told, and the directory is free."""
    for url in ("nonsense", "nonsense"):
        with (
            pytest.raises(ConfigurationError),
            open_forwarding(AgentSettings((url,), data_dir=tmp_path, journal=JOURNAL), GatewayKey()),
        ):
            pass


def test_a_drain_is_bounded(tmp_path: Path) -> None:
    """What no gateway takes stays, and the answer says so."""
    settings = AgentSettings(("http://127.0.0.1:1",), data_dir=tmp_path, journal=JOURNAL)
    with open_forwarding(settings, GatewayKey()) as opened:
        append(opened.journal, payload("a")).result(TIMEOUT_S)
        assert not opened.drain(0.05)
