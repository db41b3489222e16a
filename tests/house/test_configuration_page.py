"""The pages about settings are about the settings that there are."""

import re
from pathlib import Path
from typing import Any

from clew.agent import settings as agent
from clew.server.settings import ServerSettings, setting_names

PAGE = Path("docs/reference/configuration.md")
SECTIONS = ("journal", "store", "receive", "kafka", "analyse", "sampling", "tls")
AGENT_PAGE = Path("docs/reference/agent-configuration.md")
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| .+ \|$", re.MULTILINE)


def _documented(page: str) -> dict[str, str]:
    documented: dict[str, str] = {}
    for part in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        section = re.match(r"`\[([\w.]+)\]`", part)
        prefix = f"{section[1]}." if section else ""
        documented |= {prefix + key: default for key, default in ROW.findall(part)}
    return documented


def _shown(value: Any) -> str:
    if value is None or value in ((), ""):
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value >= 1 << 20 and value % (1 << 20) == 0:
        return f"{value} ({value >> 20} MiB)"
    if isinstance(value, tuple):
        return ", ".join(f"`{each}`" for each in value)
    return str(value) if isinstance(value, int | float) else f"`{value}`"


def _settings() -> dict[str, str]:
    defaults = ServerSettings()
    top = {key: _shown(getattr(defaults, key)) for key in setting_names(None) if key not in SECTIONS}
    inner = {
        f"{section}.{key}": _shown(getattr(getattr(defaults, section), key))
        for section in SECTIONS
        for key in setting_names(section)
    }
    return top | inner


def test_the_page_has_every_setting_with_its_default() -> None:
    """The configuration page lists exactly the settings that exist, each with the default in force."""
    assert _documented(PAGE.read_text(encoding="utf-8")) == _settings()


def test_the_agents_page_has_every_setting_with_its_default() -> None:
    """The page of the agent lists exactly its settings, each with the default in force."""
    defaults, sections = agent.AgentSettings(), ("journal", "receive")
    top = {f"agent.{key}": getattr(defaults, key) for key in agent.setting_names(None) if key not in sections}
    inner = {
        f"agent.{section}.{key}": getattr(getattr(defaults, section), key)
        for section in sections
        for key in agent.setting_names(section)
    }
    shown = {key: _shown(value) for key, value in (top | inner).items()}
    assert _documented(AGENT_PAGE.read_text(encoding="utf-8")) == shown


def test_a_page_with_another_default_is_noticed() -> None:
    """A page that tells another default does not pass."""
    page = PAGE.read_text(encoding="utf-8").replace("16686", "1")
    assert _documented(page) != _settings()
