from dataclasses import dataclass, field
from pathlib import Path

import pytest

from clew.configuration import SettingsForm, check_log_level, check_number, check_port
from clew.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Inner:
    """A section."""

    size: int = 5
    pause_s: float = 1.0
    fixed: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of somebody."""

    port: int = 1
    inner_port: int = 1
    names: tuple[str, ...] = ()
    path: Path | None = None
    inner: Inner = field(default_factory=lambda: Inner(size=7))


def _check(settings: Settings, source: str) -> None:
    check_port("port", settings.port, source)


TOP = SettingsForm(Settings, ("inner",), _check, elsewhere=("agent",), lists=frozenset({"names"}))
AGENT = SettingsForm(
    Settings,
    ("inner",),
    _check,
    prefix="CLEW_AGENT_",
    table="agent",
    variables_elsewhere=frozenset({"CLEW_AGENT_OTHER"}),
    wired=frozenset({"inner.fixed"}),
    may_be_zero=frozenset({"pause_s"}),
    least={"inner.size": 3},
    most={"inner.size": 100},
)
FILE = 'port = 2\n[inner]\nsize = 8\n[agent]\nport = 3\npath = "a"\n[agent.inner]\nsize = 9\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with settings of two programs."""
    path = tmp_path / "clew.toml"
    path.write_text(FILE)
    return path


def test_two_programs_share_file_and_environment(file: Path) -> None:
    """Each reads its own part: the top without the other's table, or the table alone; so do the variables."""
    environ = {
        "CLEW_NAMES": "a,b,",
        "CLEW_AGENT_INNER_PAUSE_S": "0",
        "CLEW_AGENT_OTHER": "x",
        "CLEW_INNER_PORT": "6",
        "PATH": "x",
    }
    assert TOP.load({}, environ, file) == Settings(2, 6, ("a", "b"), None, Inner(8))
    assert AGENT.load({}, environ, file) == Settings(3, 1, (), Path("a"), Inner(9, 0.0))
    assert AGENT.load({"port": 4}, environ, file).port == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[agent]\nprt = 1", r"agent\.prt in .* is no setting; there are: inner, inner_port, names, path, port"),
        ("[agent.inner]\nfixed = 'x'", r"agent\.inner\.fixed in .* is no setting; there are: pause_s, size"),
        ("[agent.inner]\nsize = 2", r"agent\.inner\.size in .* is 2; Clew needs at least 3"),
        ("[agent.inner]\nsize = 101", r"agent\.inner\.size in .* is 101; it can't be more than 100"),
        ("[agent]\ninner = 1", r"agent\.inner in .* is a section; write \[agent\.inner\] and its keys below"),
        ("agent = 1", r"agent in .* is a section; write \[agent\]"),
        ("[agent]\nport = 70000", r"port in .* is 70000; a port is 0 to 65535"),
        ("[agent]\nport = 'x'", r"^agent\.port in .* is 'x'; it takes a whole number$"),
        ("[agent.inner]\nsize = 'x'", r"^agent\.inner\.size in .* is 'x'; it takes a whole number$"),
        ("[agent", "is not valid TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_its_place(file: Path, text: str, message: str) -> None:
    """The table is part of the name."""
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        AGENT.load({}, {}, file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Whoever names one wants it read."""
    with pytest.raises(ConfigurationError, match="can't be read: No such file"):
        TOP.load({}, {}, tmp_path / "none.toml")


@pytest.mark.parametrize("value", [float("nan"), -1, 0])
def test_numbers_are_positive_and_finite(value: float) -> None:
    """Zero may be allowed; what is no number is nobody's business here."""
    with pytest.raises(ConfigurationError, match="x in y is"):
        check_number("x", value, "y")
    check_number("x", 0, "y", is_over_zero=False)
    check_number("x", False, "y")


def test_levels_of_the_log_are_four() -> None:
    """Another one is refused with the names of all."""
    check_log_level("x", "debug", "y")
    with pytest.raises(ConfigurationError, match="take debug, info, warning or error"):
        check_log_level("x", "loud", "y")
