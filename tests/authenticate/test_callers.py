from pathlib import Path

import pytest

from clew.authenticate.callers import Callers, is_local, is_loopback, refuse_open_doors
from clew.authenticate.key import Right
from clew.authenticate.secret import new_secret
from clew.errors import ConfigurationError, PermissionDenied, Unauthenticated
from tests.authenticate.keys import Keys, bearer, open_keys


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """No keys yet."""
    return open_keys(tmp_path)


def test_without_keys_everybody_on_this_machine_may_do_everything(keys: Keys) -> None:
    """A Clew that was just started needs no keys, whatever is presented to others."""
    callers = Callers(keys.ring, "home")
    for grant in (
        callers.sender([]),
        callers.sender([(b"authorization", b"Bearer of-another-backend")]),
        callers.reader([], is_local=True),
    ):
        assert grant.is_anonymous
        assert grant.tenant == "home"
        grant.require(Right.ADMIN)


def test_with_the_first_key_senders_need_one(keys: Keys) -> None:
    """From then on no key, and what isn't one, are refused with what to do."""
    callers = Callers(keys.ring, "home")
    secret = keys.add("shop", tenant="acme")
    with pytest.raises(Unauthenticated, match=r"this needs a key; send it as `Authorization: Bearer clew_…`"):
        callers.sender([])
    with pytest.raises(Unauthenticated, match="isn't one"):
        callers.sender([(b"authorization", b"Bearer x")])
    assert callers.sender(bearer(secret)).tenant == "acme"


def test_readers_on_this_machine_need_none(keys: Keys) -> None:
    """With keys, reading without one goes on here, and nowhere else; a door without keys is for here, too."""
    callers = Callers(keys.ring, "home")
    keys.add("shop")
    callers.reader([], is_local=True).require(Right.ADMIN)
    assert callers.local_sender().tenant == "home"
    with pytest.raises(Unauthenticated):
        callers.reader([], is_local=False)


def test_require_keys_holds_here_too(keys: Keys) -> None:
    """Behind a proxy on this machine everybody seems to be here, so nobody is let in without a key."""
    callers = Callers(keys.ring, "home", require_keys=True)
    with pytest.raises(Unauthenticated):
        callers.reader([], is_local=True)
    with pytest.raises(Unauthenticated):
        callers.sender([])
    with pytest.raises(Unauthenticated):
        callers.local_sender()


def test_allow_anonymous_lets_everybody_in_but_rules_are_for_admins(keys: Keys) -> None:
    """Who comes from elsewhere without a key may send and read; once there are keys, not change what all depend on."""
    callers = Callers(keys.ring, "home", allow_anonymous=True)
    callers.reader([], is_local=False).require(Right.ADMIN)
    keys.add("shop")
    visitor = callers.reader([], is_local=False)
    for right in (Right.SEND, Right.READ, Right.METRICS):
        visitor.require(right)
    with pytest.raises(PermissionDenied):
        visitor.require(Right.ADMIN)
    visitor.meter.accepted(3, 0, 100)
    assert callers.counts()["anonymous", "home"].records == 3
    assert callers.sender([]).tenant == "home"


def test_a_wrong_key_is_refused_where_none_is_needed(keys: Keys) -> None:
    """Who presents a key means its tenant; to store it elsewhere, or show other data, would be a surprise."""
    callers = Callers(keys.ring, "home", allow_anonymous=True)
    with pytest.raises(Unauthenticated):
        callers.sender(bearer(new_secret()))
    with pytest.raises(Unauthenticated):
        callers.reader(bearer(new_secret()), is_local=True)


def test_a_key_for_reading_does_not_send(keys: Keys) -> None:
    """A good key without the right is denied, not unknown."""
    callers = Callers(keys.ring, "home")
    secret = keys.add("board", ["read"])
    with pytest.raises(PermissionDenied, match="doesn't allow to send"):
        callers.sender(bearer(secret))
    assert callers.reader(bearer(secret), is_local=False).name == "board"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - nothing listens here
        ("::", False),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("example.org", False),
        ("", False),
    ],
)
def test_the_loopback_is_known_in_all_its_forms(host: str, expected: bool) -> None:
    """Only addresses of this machine are the loopback."""
    assert is_loopback(host) is expected


def test_what_came_through_a_proxy_is_not_local() -> None:
    """A proxy on this machine doesn't make its clients local."""
    assert is_local("127.0.0.1", [(b"host", b"localhost")])
    assert not is_local("127.0.0.1", [(b"x-forwarded-for", b"127.0.0.1")])
    assert not is_local("127.0.0.1", [(b"forwarded", b"for=127.0.0.1")])
    assert not is_local("10.1.2.3", [])


def test_open_doors_are_refused() -> None:
    """Beyond the loopback it takes a key, or somebody who says that everybody may come in."""
    everywhere = "0.0.0.0"  # noqa: S104 - nothing listens here
    refuse_open_doors("127.0.0.1", has_keys=False, allow_anonymous=False, require_keys=False)
    refuse_open_doors(everywhere, has_keys=True, allow_anonymous=False, require_keys=False)
    refuse_open_doors(everywhere, has_keys=False, allow_anonymous=True, require_keys=False)
    with pytest.raises(ConfigurationError, match=r"clew keys create.*--allow-anonymous"):
        refuse_open_doors(everywhere, has_keys=False, allow_anonymous=False, require_keys=False)
    with pytest.raises(ConfigurationError, match="contradict"):
        refuse_open_doors("127.0.0.1", has_keys=True, allow_anonymous=True, require_keys=True)
