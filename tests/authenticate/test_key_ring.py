import logging
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from clew.authenticate.key import KeyLimits
from clew.authenticate.key_directory import KeyDirectory
from clew.authenticate.key_ring import KeyRing
from clew.authenticate.secret import new_secret
from clew.errors import Unauthenticated
from tests.authenticate.keys import Keys, make_key, open_keys

EFFECTIVE_S = 2.0


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """No keys yet."""
    return open_keys(tmp_path)


def test_a_secret_finds_what_its_key_allows(keys: Keys) -> None:
    """Name, tenant, services and limits are those of the key, whichever others there are."""
    limits = KeyLimits(attributes=7)
    secret = keys.add("shop", tenant="acme", services=("cart",), limits=limits)
    keys.add("other", tenant="umbrella")
    grant = keys.ring.find(secret)
    assert (grant.name, grant.tenant, set(grant.services), grant.limits) == ("shop", "acme", {"cart"}, limits)


def test_wrong_secrets_are_refused_with_the_reason(keys: Keys) -> None:
    """Unknown, expired and revoked keys are told apart, and no message has the secret."""
    expired = keys.add("old", expires_unix_nano=1)
    revoked = keys.add("gone", revoked_unix_nano=1)
    unknown = new_secret()
    for secret, reason in ((expired, "old is expired"), (revoked, "gone is revoked"), (unknown, "unknown")):
        with pytest.raises(Unauthenticated, match=reason) as refused:
            keys.ring.find(secret)
        assert secret not in str(refused.value)


def test_a_key_expires_while_clew_runs(tmp_path: Path) -> None:
    """The moment decides at each request, without a look at the disk."""
    now = [5]
    directory = KeyDirectory(tmp_path / "keys")
    key, secret = make_key(expires_unix_nano=10)
    directory.add(key)
    ring = KeyRing(directory, lambda: now[0])
    assert ring.find(secret).name == "shop"
    now[0] = 10
    with pytest.raises(Unauthenticated, match="expired"):
        ring.find(secret)


def test_creation_and_revocation_take_effect_within_two_seconds(tmp_path: Path) -> None:
    """What another process writes holds in a running server, which nobody tells."""
    directory = KeyDirectory(tmp_path / "keys")
    ring = KeyRing(directory)
    ring.start()
    try:
        key, secret = make_key()
        directory.add(key)
        assert _within(EFFECTIVE_S, lambda: _is_good(ring, secret))
        fields = {name: getattr(key, name) for name in key.__struct_fields__}
        directory.replace(type(key)(**(fields | {"revoked_unix_nano": 1})))
        assert _within(EFFECTIVE_S, lambda: not _is_good(ring, secret))
    finally:
        ring.close()


def test_the_door_stays_shut_when_the_last_key_goes(keys: Keys) -> None:
    """There were keys: neither revocation nor a lost file makes it a Clew without keys."""
    had_keys = keys.ring.has_keys
    secret = keys.add("shop")
    (keys.directory.directory / "shop.json").unlink()
    keys.ring.look()
    assert (had_keys, keys.ring.has_keys) == (False, True)
    with pytest.raises(Unauthenticated):
        keys.ring.find(secret)


def test_a_broken_key_counts_as_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A Clew whose only key can't be read lets nobody in instead of everybody, and says which it is."""
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "shop.json").write_text("half")
    assert open_keys(tmp_path).ring.has_keys
    assert "the key shop is not accepted" in caplog.text


def test_keys_stay_as_they_are_while_the_directory_cannot_be_read(keys: Keys, caplog: pytest.LogCaptureFixture) -> None:
    """It is told once, and those who had a key can go on."""
    secret = keys.add("shop")
    moved = keys.directory.directory.rename(keys.directory.directory.with_name("moved"))
    keys.directory.directory.write_text("")
    with caplog.at_level(logging.ERROR):
        keys.ring.look()
        keys.ring.look()
    assert caplog.text.count("can't be read") == 1
    assert keys.ring.find(secret).name == "shop"
    assert moved.exists()


def test_last_use_survives_a_restart(keys: Keys) -> None:
    """When a key was used is written when Clew stops, and read when it starts; unused keys have none."""
    secret = keys.add("used")
    keys.add("unused")
    before = time.time_ns()
    keys.ring.find(secret)
    keys.ring.close()
    moments = keys.directory.load_last_used()
    assert list(moments) == ["used"]
    assert moments["used"] >= before


def test_figures_and_debts_outlive_a_change_of_the_keys(keys: Keys) -> None:
    """A new key, or another service of an old one, doesn't reset what was counted."""
    secret = keys.add("shop", tenant="acme")
    keys.ring.find(secret).meter.accepted(5, 0, 100)
    keys.add("other")
    keys.change("shop", services=("cart",))
    assert keys.ring.counts()["shop", "acme"].records == 5
    assert keys.ring.find(secret).meter.counts().records == 5


def test_a_wrong_key_costs_little(keys: Keys) -> None:
    """A hundred thousand wrong keys are refused in less than 2 s of one core: 20 us each."""
    keys.add("shop")
    secret = new_secret()
    began_s = time.process_time()
    for _ in range(100_000):
        assert not _is_good(keys.ring, secret)
    assert time.process_time() - began_s < 2.0


def _is_good(ring: KeyRing, secret: str) -> bool:
    try:
        ring.find(secret)
    except Unauthenticated:
        return False
    return True


def _within(limit_s: float, condition: Callable[[], bool]) -> bool:
    deadline_s = time.monotonic() + limit_s
    while time.monotonic() < deadline_s:
        if condition():
            return True
    return condition()
