import dataclasses
import os
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clew.analyse.settings import AnalyseSettings
from clew.cli import run
from clew.errors import ConfigurationError
from clew.receive import doors
from clew.receive.certificates import TlsSettings
from clew.receive.kafka_settings import KafkaSettings
from clew.server.settings import (
    ServerSettings,
    door_ports,
    load_settings,
    planned_doors,
    restricted_udp,
    setting_names,
    udp_host,
)
from clew.wire.attribute_rules import AttributeRule
from tests.server_process import CLEW

SECTIONS = ("journal", "store", "receive", "analyse")
IN_A_SECTION = [(section, key) for section in SECTIONS for key in setting_names(section)]
WIRED = ["tenant"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, so that no clew.toml is found by chance."""
    monkeypatch.chdir(tmp_path)
    for name in [each for each in os.environ if each.startswith("CLEW_")]:
        monkeypatch.delenv(name)
    return tmp_path


def _write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def _changed(value: Any) -> Any:
    """Another value that is as good as the default."""
    return ("https://a.example", "https://b.example") if isinstance(value, tuple) else value + 1


def _toml(value: Any) -> str:
    return str(list(value)) if isinstance(value, tuple) else str(value)


def test_without_anything_the_defaults_hold() -> None:
    """No flags, no variables, no file: the defaults, on loopback only."""
    settings = load_settings({}, {})
    assert settings == ServerSettings()
    assert (settings.host, settings.http_port, settings.otlp_grpc_port, settings.otlp_http_port) == (
        "127.0.0.1",
        16686,
        4317,
        4318,
    )


def test_flags_go_over_variables_over_the_file_over_defaults(elsewhere: Path) -> None:
    """Each source covers those behind it, key by key, also inside a section."""
    path = _write(
        elsewhere / "other.toml",
        'http_port = 1\notlp_grpc_port = 1\notlp_http_port = 1\nhost = "::1"\n'
        "[journal]\nmax_bytes = 1\nretry_after_s = 9\n",
    )
    environ = {"CLEW_OTLP_GRPC_PORT": "2", "CLEW_OTLP_HTTP_PORT": "2", "CLEW_JOURNAL_MAX_BYTES": "2"}
    settings = load_settings({"otlp_http_port": 3}, environ, path)
    assert (settings.http_port, settings.otlp_grpc_port, settings.otlp_http_port) == (1, 2, 3)
    assert settings.host == "::1"
    assert (settings.journal.max_bytes, settings.journal.retry_after_s) == (2, 9.0)
    assert settings.journal.segment_bytes == ServerSettings().journal.segment_bytes
    assert settings.log_level == "info"


def test_the_analyst_is_set_like_the_rest(elsewhere: Path) -> None:
    """How often, 0 for never, and how much; a share of 0 would be a standstill, and is refused."""
    environ = {"CLEW_ANALYSE_INTERVAL_S": "0"}
    settings = load_settings({}, environ, _write(elsewhere / "other.toml", "[analyse]\nmax_core_share = 0.5\n"))
    assert settings.analyse == AnalyseSettings(interval_s=0.0, max_core_share=0.5)
    with pytest.raises(ConfigurationError, match=r"analyse\.max_core_share"):
        load_settings({}, {"CLEW_ANALYSE_MAX_CORE_SHARE": "0"})


def test_clew_toml_of_the_working_directory_is_read(elsewhere: Path) -> None:
    """A clew.toml that lies where Clew is started holds, unless another file is named."""
    _write(elsewhere / "clew.toml", 'log_level = "debug"')
    assert load_settings({}, {}).log_level == "debug"
    assert load_settings({}, {}, _write(elsewhere / "other.toml", "")).log_level == "info"


def test_every_top_level_setting_can_be_set_in_the_file(elsewhere: Path) -> None:
    """All keys of the file arrive, with their types."""
    path = _write(
        elsewhere / "all.toml",
        'data_dir = "d"\nhost = "h"\nhttp_port = 1\notlp_grpc_port = 2\notlp_http_port = 3\ntenant = "t"\n'
        'ready_file = "r"\ndemo = true\nfaults = ["payment=error:0.2"]\nlog_level = "error"\ntrace_self = true\n',
    )
    assert load_settings({}, {}, path) == ServerSettings(
        Path("d"), "h", 1, 2, 3, "t", Path("r"), True, ("payment=error:0.2",), "error", True
    )


def test_every_top_level_setting_can_be_set_in_the_environment() -> None:
    """All variables arrive, with their types; a list is written with commas."""
    environ = {
        "CLEW_DATA_DIR": "d",
        "CLEW_HOST": "h",
        "CLEW_HTTP_PORT": "1",
        "CLEW_OTLP_GRPC_PORT": "2",
        "CLEW_OTLP_HTTP_PORT": "3",
        "CLEW_TENANT": "t",
        "CLEW_READY_FILE": "r",
        "CLEW_DEMO": "true",
        "CLEW_FAULTS": "payment=error:0.2,inventory=slow:1s",
        "CLEW_LOG_LEVEL": "error",
        "CLEW_TRACE_SELF": "true",
        "PATH": "not ours",
    }
    assert load_settings({}, environ) == ServerSettings(
        Path("d"), "h", 1, 2, 3, "t", Path("r"), True, ("payment=error:0.2", "inventory=slow:1s"), "error", True
    )
    assert load_settings({}, {"CLEW_FAULTS": ""}).faults == ()


@pytest.mark.parametrize(("section", "key"), IN_A_SECTION)
def test_every_setting_of_a_section_can_be_set(elsewhere: Path, section: str, key: str) -> None:
    """Each key of each section arrives from the file and from the environment, and nothing else changes."""
    default = ServerSettings()
    inner = getattr(default, section)
    value = _changed(getattr(inner, key))
    wanted = dataclasses.replace(default, **{section: dataclasses.replace(inner, **{key: value})})
    path = _write(elsewhere / "one.toml", f"[{section}]\n{key} = {_toml(value)}\n")
    assert load_settings({}, {}, path) == wanted
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    assert load_settings({}, {f"CLEW_{section}_{key}".upper(): text}) == wanted


@pytest.mark.parametrize("key", WIRED)
def test_what_is_set_at_the_top_cannot_be_set_twice(key: str) -> None:
    """The tenant and the gRPC address have one key each; their places inside [receive] are no settings."""
    with pytest.raises(ConfigurationError, match=rf"^receive\.{key} in the environment is no setting; there are: "):
        load_settings({}, {f"CLEW_RECEIVE_{key}".upper(): "1"})


WRONG_IN_THE_FILE = [
    ("http_prot = 1", r"^http_prot in FILE is no setting; there are: .*http_port"),
    ("[journal]\nsize = 1", r"^journal\.size in FILE is no setting; there are: .*segment_bytes"),
    ("[server]\nhost = 'x'", r"^server in FILE is no setting"),
    ("http_port = 'many'", r"^http_port in FILE is 'many'; it takes a whole number$"),
    ("http_port = 1.5", r"^http_port in FILE is 1\.5; it takes a whole number$"),
    ("http_port = true", r"^http_port in FILE is True; it takes a whole number$"),
    ("host = 5", r"^host in FILE is 5; it takes a text$"),
    ("data_dir = 5", r"^data_dir in FILE is 5; it takes a text$"),
    ("ready_file = []", r"^ready_file in FILE is \[\]; it takes a text$"),
    ("faults = 'payment=error:0.2'", r"^faults in FILE is 'payment=error:0\.2'; it takes a list$"),
    ("[store]\nread_handles = 'x'", r"^store\.read_handles in FILE is 'x'; it takes a whole number$"),
    ("http_port = -1", r"^http_port in FILE is -1; a port is 0 to 65535$"),
    ("otlp_grpc_port = 65536", r"^otlp_grpc_port in FILE is 65536; a port is 0 to 65535$"),
    ("otlp_http_port = 99999999999999999999999", r"^otlp_http_port in FILE is 9+; a port is 0 to 65535$"),
    ("log_level = 'loud'", r"^log_level in FILE is 'loud'; take debug, info, warning or error$"),
    ("tenant = 'A B'", r"^tenant in FILE is 'A B'; a tenant's name is 1 to 64 of "),
    ("tenant = ''", r"^tenant in FILE is ''; a tenant's name is 1 to 64 of "),
    ("[journal]\nmax_bytes = -1", r"^journal\.max_bytes in FILE is -1; it can't be negative$"),
    ("[receive]\nbody_timeout_s = -0.5", r"^receive\.body_timeout_s in FILE is -0\.5; it can't be negative$"),
    ("[journal]\nsegment_age_s = nan", r"^journal\.segment_age_s in FILE is nan; it must be a finite number$"),
    ("[receive]\nretry_after_s = inf", r"^receive\.retry_after_s in FILE is inf; it must be a finite number$"),
    ("[store]\nread_handles = 0", r"^store\.read_handles in FILE is 0; it must be more$"),
    ("journal = 1", r"^journal in FILE is a section; write \[journal\] and its keys below$"),
    ("[[store]]\nread_handles = 1", r"^store in FILE is a section; write \[store\] and its keys below$"),
    ("[kafka]\ntopics = ['a=otlp_proto']\ntenant = 'A B'", r"^kafka\.tenant in FILE is 'A B'; a tenant's name is "),
    (
        "[[rules]]\naction = 'drop'\nkye = 'a'",
        r"^rules\[0\] in FILE: Object contains unknown field `kye`$",
    ),
    ("[[rules]]\naction = 'mask'\nregex = '('", r"^rules in FILE: rule 1: regex '\(' is no regular expression: "),
    ("[rules]\naction = 'mask'", r"^rules in FILE is {'action': 'mask'}; it takes a list$"),
    ("[[rules]]\naction = 'mask'\nkey = 5", r"^rules\[0\]\.key in FILE: it takes a text$"),
    ("[[rules]]\naction = 'erase'\nkey = 'a'", r"^rules in FILE: rule 1: 'erase' is no action; there are: drop, hash"),
    ("http_port = ", r"^FILE is not valid TOML: "),
    ("\0", r"^FILE is not valid TOML: "),
]


@pytest.mark.parametrize(("text", "message"), WRONG_IN_THE_FILE)
def test_a_wrong_file_names_the_key_and_itself(elsewhere: Path, text: str, message: str) -> None:
    """Whatever is wrong in the file, the error names the file and the key, and says what is right."""
    _write(elsewhere / "wrong.toml", text)
    with pytest.raises(ConfigurationError, match=message.replace("FILE", r"wrong\.toml")):
        load_settings({}, {}, Path("wrong.toml"))


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"CLEW_HTTP_PROT": "1"}, r"^http_prot in the environment is no setting"),
        ({"CLEW_STORE_SIZE": "1"}, r"^store\.size in the environment is no setting"),
        ({"CLEW_HTTP_PORT": "many"}, r"^http_port in the environment is 'many'; it takes a whole number$"),
        ({"CLEW_HTTP_PORT": ""}, r"^http_port in the environment is ''; it takes a whole number$"),
        ({"CLEW_DEMO": "perhaps"}, r"^demo in the environment is 'perhaps'; it takes true or false$"),
        ({"CLEW_HTTP_PORT": "70000"}, r"^http_port in the environment is 70000; a port is"),
        ({"CLEW_JOURNAL": "1"}, r"^journal in the environment is a section; write \[journal\]"),
        ({"CLEW_JOURNAL_RETRY_AFTER_S": "-1"}, r"^journal\.retry_after_s in the environment is -1\.0; it can't be"),
    ],
)
def test_a_wrong_variable_names_the_key_and_the_environment(environ: Mapping[str, str], message: str) -> None:
    """Whatever is wrong in a variable, the error says that it came from there."""
    with pytest.raises(ConfigurationError, match=message):
        load_settings({}, environ)


def test_a_wrong_flag_names_the_key_and_the_command_line() -> None:
    """A value out of range is told as that of the command line, also when other sources are right."""
    with pytest.raises(ConfigurationError, match=r"^http_port in the command line is -1; a port is 0 to 65535$"):
        load_settings({"http_port": -1}, {"CLEW_HTTP_PORT": "1"})


def test_a_wrong_source_is_told_although_another_covers_it(elsewhere: Path) -> None:
    """A mistake does not wait for the day when the flag that hides it is left out."""
    path = _write(elsewhere / "wrong.toml", "http_port = -1")
    with pytest.raises(ConfigurationError, match="http_port in "):
        load_settings({"http_port": 1}, {}, path)


def test_a_file_that_cannot_be_read_is_named(elsewhere: Path) -> None:
    """A missing file, a directory and bytes that are no text are told with the file's name."""
    with pytest.raises(ConfigurationError, match=r"missing\.toml can't be read: No such file"):
        load_settings({}, {}, elsewhere / "missing.toml")
    with pytest.raises(ConfigurationError, match="can't be read: Is a directory"):
        load_settings({}, {}, elsewhere)
    (elsewhere / "bytes.toml").write_bytes(b"host = '\xff'")
    with pytest.raises(ConfigurationError, match=r"bytes\.toml is not valid TOML"):
        load_settings({}, {}, elsewhere / "bytes.toml")


def test_the_clients_own_variables_are_no_mistake() -> None:
    """CLEW_SERVER and CLEW_CONFIG belong to the commands, CLEW_COMPILED to the process."""
    environ = {"CLEW_SERVER": "http://x", "CLEW_CONFIG": "y", "CLEW_COMPILED": "0"}
    assert load_settings({}, environ) == ServerSettings()


def test_with_a_wrong_setting_nothing_is_started(elsewhere: Path) -> None:
    """`clew up` says in one line what is wrong, ends with 2, and leaves no trace on disk."""
    command = [CLEW, "up", "--data-dir", str(elsewhere / "data")]
    environ = {**os.environ, "CLEW_STORE_READ_HANDLES": "none"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "clew: store.read_handles in the environment is 'none'; it takes a whole number\n"
    assert list(elsewhere.iterdir()) == []


def test_the_command_line_reaches_the_settings(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--config, --data-dir and the port flags are what load_settings gets."""
    _write(elsewhere / "wrong.toml", "[journal]\nsize = 1")
    assert run(["up", "--config", "wrong.toml", "--http-port", "0"]) == 2
    assert "journal.size in wrong.toml is no setting" in capsys.readouterr().err


def test_faults_without_the_demo_are_refused() -> None:
    """Faults of a demo shop that isn't asked for end the start, with what to add."""
    with pytest.raises(ConfigurationError, match="add --demo"):
        load_settings({"faults": ("payment=error:0.2",)}, {})


def test_too_little_memory_for_the_engine_is_refused() -> None:
    """A memory bound under which the engine can't work is refused by its name."""
    with pytest.raises(ConfigurationError, match=r"store\.max_memory_bytes .* at least 536870912"):
        load_settings({}, {"CLEW_STORE_MAX_MEMORY_BYTES": "1000"})


KAFKA = """
[kafka]
brokers = ["b1:9092", "b2:9092"]
topics = ["spans=otlp_proto"]
tenant = "t"

[kafka.options]
"sasl.username" = "clew"
"fetch.min.bytes" = 7
"""


def test_kafka_is_set_in_the_file_and_its_password_in_the_environment(elsewhere: Path) -> None:
    """Lists and the table of options arrive; options in the environment are added to those of the file."""
    path = _write(elsewhere / "kafka.toml", KAFKA)
    environ = {"CLEW_KAFKA_OPTIONS": "sasl.password=a=b,fetch.min.bytes=8", "CLEW_KAFKA_GROUP": "g"}
    assert load_settings({}, environ, path).kafka == KafkaSettings(
        brokers=("b1:9092", "b2:9092"),
        topics=("spans=otlp_proto",),
        tenant="t",
        group="g",
        options={"sasl.username": "clew", "fetch.min.bytes": "8", "sasl.password": "a=b"},
    )
    environ = {"CLEW_KAFKA_BROKERS": "b1,b2", "CLEW_KAFKA_TOPICS": "x=otlp_json,y=otlp_proto"}
    assert load_settings({}, environ).kafka.topics == ("x=otlp_json", "y=otlp_proto")


def test_a_wrong_setting_of_kafka_is_refused() -> None:
    """What Kafka's own check finds ends the start."""
    with pytest.raises(ConfigurationError, match=r"kafka\.brokers isn't"):
        load_settings({}, {"CLEW_KAFKA_TOPICS": "a=otlp_proto"})


def test_attribute_rules_are_set_in_the_file(elsewhere: Path) -> None:
    """Each table is a rule, in their order."""
    path = _write(
        elsewhere / "rules.toml",
        "[[rules]]\naction = 'drop'\nkey = 'a'\n[[rules]]\naction = 'mask'\npattern = 'card'\nplaces = ['log']\n",
    )
    expected = (AttributeRule("drop", key="a"), AttributeRule("mask", pattern="card", places=("log",)))
    assert load_settings({}, {}, path).rules == expected


def test_a_top_level_key_may_begin_like_a_section() -> None:
    """The port of a door belongs to no section, whatever its name begins with; a section's key still does."""
    environ = {"CLEW_SAMPLING_HTTP_PORT": "1", "CLEW_SAMPLING_DELAY_S": "0"}
    settings = load_settings({}, environ)
    assert settings.sampling_http_port == 1
    assert settings.sampling.delay_s == 0


def test_a_probability_is_at_most_one() -> None:
    """The message names the key."""
    with pytest.raises(ConfigurationError, match=r"sampling\.initial_probability .* can't be more than 1"):
        load_settings({}, {"CLEW_SAMPLING_INITIAL_PROBABILITY": "1.5"})


def _by_udp(_: bytes) -> bytes:
    return b""


def test_doors_over_udp_are_for_this_machine_unless_everybody_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their senders show no keys: elsewhere they listen only with allow_anonymous, and nowhere with require_keys."""
    monkeypatch.setattr(doors, "DOORS", (doors.UdpKind("otlp_grpc", "otlp", _by_udp), doors.DOORS[1]))
    everywhere = ServerSettings(host="0.0.0.0")  # noqa: S104 - nothing listens here
    assert udp_host(everywhere) == "127.0.0.1"
    assert udp_host(replace(everywhere, allow_anonymous=True)) == everywhere.host
    assert udp_host(ServerSettings(host="::1")) == "::1"
    families = replace(everywhere, doors=("otlp",))
    assert set(door_ports(families)) == {"otlp_grpc", "otlp_http"}
    assert set(door_ports(replace(families, require_keys=True))) == {"otlp_http"}


def test_the_doors_to_come_are_known_before_they_are_open() -> None:
    """Each with its port, how it is spoken to and where; those over UDP on this machine only."""
    everywhere = ServerSettings(host="0.0.0.0", doors=("otlp", "jaeger"))  # noqa: S104 - nothing listens here
    planned = {name: rest for name, *rest in planned_doors(everywhere)}
    assert planned["otlp_http"] == [4318, False, everywhere.host]
    assert planned["jaeger_compact"] == [6831, True, "127.0.0.1"]
    assert "zipkin" not in planned


def test_tls_comes_in_pairs(tmp_path: Path) -> None:
    """A certificate without its key is told before anything starts; files are paths, from wherever they are set."""
    settings = load_settings({}, {"CLEW_TLS_CERT_FILE": "a.pem", "CLEW_TLS_KEY_FILE": "b.pem"})
    assert settings.tls == TlsSettings(Path("a.pem"), Path("b.pem"))
    with pytest.raises(ConfigurationError, match=r"tls\.cert_file and tls\.key_file"):
        load_settings({}, {"CLEW_TLS_CERT_FILE": "a.pem"})


def test_what_the_commands_read_from_the_environment_is_no_setting() -> None:
    """A key for the commands in the environment doesn't keep a server from starting."""
    assert load_settings({}, {"CLEW_KEY": "clew_x", "CLEW_CA_FILE": "ca.pem"}) == load_settings({}, {})


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (ServerSettings(), ""),
        (ServerSettings(require_keys=True), "jaeger_compact, jaeger_binary are closed"),
        (ServerSettings(require_keys=True, doors=("otlp",)), ""),
        (ServerSettings(host="10.0.0.1"), "jaeger_compact, jaeger_binary listen on 127.0.0.1 only"),
        (ServerSettings(host="10.0.0.1", allow_anonymous=True), ""),
    ],
)
def test_what_doors_without_a_place_for_keys_lack_is_told(settings: ServerSettings, told: str) -> None:
    """Fleets that send datagrams would go dark without a word."""
    assert restricted_udp(settings).startswith(told)
    assert bool(restricted_udp(settings)) == bool(told)
