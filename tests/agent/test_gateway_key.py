from pathlib import Path

import pytest

from clew.agent.gateway_key import GatewayKey
from clew.errors import ConfigurationError


def test_a_key_is_sent_as_a_bearer() -> None:
    """Without one there is no header."""
    assert GatewayKey("secret").authorization() == "Bearer secret"
    assert GatewayKey().authorization() == ""


def test_a_key_that_is_replaced_in_its_file_is_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """No restart is needed; while the file can't be read, the key from before is sent, and the log says so."""
    path = tmp_path / "key"
    path.write_text("first\n")
    key = GatewayKey(path=path)
    path.write_text("second\n")
    assert key.authorization() == "Bearer second"
    path.unlink()
    assert key.authorization() == "Bearer second"
    assert "the key that was there before is still used" in caplog.text


def test_a_key_that_is_none_is_refused(tmp_path: Path) -> None:
    """A header can't hold it; the message names the setting."""
    with pytest.raises(ConfigurationError, match="key holds no key"):
        GatewayKey("two words")
    (tmp_path / "key").write_bytes(b"line\nline")
    with pytest.raises(ConfigurationError, match=r"key_file .* holds no key"):
        GatewayKey(path=tmp_path / "key")
    with pytest.raises(ConfigurationError, match=r"key_file .* can't be read"):
        GatewayKey(path=tmp_path / "none")
