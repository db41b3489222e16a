from pathlib import Path

import pytest

from clew.agent.settings import AGENT_DOORS, AgentSettings, door_ports, door_sockets, load_settings, setting_names
from clew.errors import ConfigurationError
from clew.receive.doors import DOORS
from clew.server.settings import ServerSettings
from clew.server.settings import load_settings as load_server_settings

GATEWAY = {"gateways": ["http://a:4318"]}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working directory, so that no clew.toml is found by chance."""
    monkeypatch.chdir(tmp_path)


def test_flags_go_over_variables_over_the_file(tmp_path: Path) -> None:
    """The file is that of `clew up`, and each of the two reads its own part of it and of the environment."""
    (tmp_path / "clew.toml").write_text(
        'http_port = 5\n[agent]\ngateways = ["http://file"]\nhttp_port = 6\notlp_http_port = 6\n'
        "[agent.journal]\nmax_bytes = 1000\n"
    )
    environ = {"CLEW_AGENT_OTLP_HTTP_PORT": "7", "CLEW_AGENT_ATTRIBUTES": "a=b,c=d", "CLEW_HOST": "::1"}
    settings = load_settings({"gateways": ["http://flag"]}, environ)
    assert (settings.gateways, settings.http_port, settings.otlp_http_port) == (("http://flag",), 6, 7)
    assert (settings.attributes, settings.host, settings.journal.max_bytes) == (("a=b", "c=d"), "127.0.0.1", 1000)
    server = load_server_settings({}, environ)
    assert (server.host, server.http_port) == ("::1", 5)


def test_a_section_keeps_the_agents_defaults() -> None:
    """One key of it changes none of the others: segments stay small."""
    settings = load_settings(GATEWAY, {"CLEW_AGENT_JOURNAL_MAX_BYTES": "1000", "CLEW_AGENT_RECEIVE_CHECK_THREADS": "3"})
    assert settings.journal.segment_bytes == AgentSettings().journal.segment_bytes == 4 << 20
    assert (settings.receive.check_threads, settings.receive.max_in_flight_bytes) == (3, 16 << 20)


def test_every_door_of_clew_is_one_of_the_agent() -> None:
    """Each has the same port, so that clients need not know who listens; strategies are passed on instead."""
    assert {kind.family for kind in DOORS} - {kind.family for kind in AGENT_DOORS} <= {"sampling"}
    defaults, servers = AgentSettings(), ServerSettings()
    for kind in AGENT_DOORS:
        assert getattr(defaults, f"{kind.name}_port") == getattr(servers, f"{kind.name}_port"), kind.name
        assert getattr(defaults, f"{kind.name}_socket", None) == getattr(servers, f"{kind.name}_socket", None)


def test_only_the_doors_of_the_settings_are_open() -> None:
    """A family that isn't named has no ports and no sockets."""
    settings = AgentSettings(doors=("otlp",), otlp_http_socket=Path("a"))
    assert door_ports(settings) == {"otlp_grpc": 4317, "otlp_http": 4318}
    assert door_sockets(settings) == {"otlp_http": Path("a")}
    assert door_ports(AgentSettings(doors=())) == {}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"gateways": []}, "gateways is empty"),
        ({"gateways": ["http://a/", "http://a"]}, "gateway http://a is named twice"),
        ({"gateways": ["a"]}, "is no URL of a gateway"),
        ({"sampling_urls": ["a"]}, "is no URL of a gateway"),
        ({"key": "a", "key_file": Path("b")}, "key and key_file are both set"),
        ({"http_port": 70000}, r"agent\.http_port in the command line is 70000"),
        ({"otlp_grpc_port": -1}, r"agent\.otlp_grpc_port in the command line is -1"),
        ({"doors": ["post"]}, r"agent\.doors in the command line has 'post'"),
        ({"shared": "city"}, r"agent\.shared in the command line is 'city'; take host, pod, container"),
        ({"log_level": "loud"}, r"agent\.log_level"),
        ({"answer_timeout_s": 0}, r"agent\.answer_timeout_s in the command line is 0"),
        ({"drain_timeout_s": -1}, r"agent\.drain_timeout_s in the command line is -1"),
        ({"attributes": ["x"]}, "write key=value"),
        ({"prot": 1}, r"agent\.prot in the command line is no setting"),
    ],
)
def test_a_wrong_setting_is_named(values: dict[str, object], message: str) -> None:
    """The message says which it is, and where it was set."""
    with pytest.raises(ConfigurationError, match=message):
        load_settings({**GATEWAY, **values}, {})


def test_nobody_sets_whose_spans_they_are() -> None:
    """The gateway decides that by the key."""
    assert "tenant" not in setting_names("receive")
    assert "tenant" not in setting_names(None)
