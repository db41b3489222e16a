import json
from pathlib import Path
from typing import Any

import pytest

from clew.authenticate.key import Key, KeyLimits, Right
from clew.authenticate.key_directory import KeyDirectory
from clew.authenticate.secret import digest_of, is_secret
from clew.errors import BadQuery
from clew.server.keys import Wanted, create_key, list_keys, revoke_key, rights_of

SEND = frozenset({Right.SEND})


def _stored(data_dir: Path, name: str) -> Key:
    return KeyDirectory(data_dir / "keys").find(name)


def _listed(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    assert list_keys(data_dir, True) == 0
    keys: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["keys"]
    return keys


def test_a_secret_is_shown_once_and_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On stdout there is the secret and nothing else; no later listing and no file has it."""
    assert create_key(tmp_path, Wanted("shop", "acme", rights_of()), as_json=False) == 0
    out, err = capsys.readouterr()
    secret = out.strip()
    assert is_secret(secret)
    assert secret not in err
    assert "only time" in err
    key = _stored(tmp_path, "shop")
    assert (key.digest, key.tenant, key.rights) == (digest_of(secret), "acme", SEND)
    list_keys(tmp_path, False)
    revoke_key(tmp_path, "shop", True)
    rest = "".join(capsys.readouterr()) + "".join(path.read_text() for path in (tmp_path / "keys").iterdir())
    assert secret not in rest


def test_what_is_wanted_is_what_the_key_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Services, limits, rights and the time of its end are kept and listed; JSON has the secret and all of it."""
    rights = frozenset({Right.SEND, Right.READ, Right.METRICS})
    wanted = Wanted("board", "acme", rights, ("cart",), ("spans/s=5k", "attributes=9"), "30d")
    create_key(tmp_path, wanted, as_json=True)
    answer = json.loads(capsys.readouterr().out)
    key = _stored(tmp_path, "board")
    assert key.digest == digest_of(answer.pop("key"))
    assert (key.services, key.limits) == (("cart",), KeyLimits(spans_per_s=5000, attributes=9))
    assert key.expires_unix_nano == key.created_unix_nano + 30 * 86_400 * 10**9
    (listed,) = _listed(tmp_path, capsys)
    assert listed == answer
    assert (listed["rights"], listed["state"], listed["last_used_unix_nano"]) == (
        ["send", "read", "metrics"],
        "active",
        None,
    )


def test_the_list_is_for_people_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each key is a line with its state and last use; without keys the place where they would be is told."""
    assert list_keys(tmp_path, False) == 0
    assert f"there is no key in {tmp_path / 'keys'}" in capsys.readouterr().err
    create_key(tmp_path, Wanted("shop", "acme", SEND, ("a\x1b[31m",), ("spans/s=5",), "1h"), as_json=False)
    KeyDirectory(tmp_path / "keys").save_last_used({"shop": 1763719200000000000})
    capsys.readouterr()
    assert list_keys(tmp_path, False) == 0
    line = capsys.readouterr().out
    for part in ("shop ", "active", "acme", "send", "used 2025-11-21T10:00:00", "until ", "spans/s=5", "a\\u001b[31m"):
        assert part in line, line
    assert "\x1b" not in line


def test_a_revoked_key_stays_in_the_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Revoking is for good, its moment that of the first time, and the name is not given again."""
    create_key(tmp_path, Wanted("shop", "acme", SEND), as_json=False)
    revoke_key(tmp_path, "shop", False)
    assert "refuses it within two seconds" in capsys.readouterr().err
    first = _stored(tmp_path, "shop").revoked_unix_nano
    assert first is not None
    revoke_key(tmp_path, "shop", True)
    assert json.loads(capsys.readouterr().out)["revoked_unix_nano"] == str(first)
    with pytest.raises(BadQuery, match="there is a key shop already"):
        create_key(tmp_path, Wanted("shop", "acme", SEND), as_json=False)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Wanted("Shop", "acme", SEND), "can't name a key"),
        (Wanted("shop", "A", SEND), "can't name a tenant"),
        (Wanted("shop", "acme", SEND, expires="soon"), "--expires: 'soon' is no time"),
        (Wanted("shop", "acme", SEND, expires="30"), "no time from now on"),
        (Wanted("shop", "acme", SEND, expires="0s"), "no time from now on"),
        (Wanted("shop", "acme", SEND, limits=("spans=5",)), "--limit"),
        (Wanted("shop", "acme", SEND, services=("",)), "without a name"),
    ],
)
def test_a_key_that_cannot_be_is_not_made(tmp_path: Path, wanted: Wanted, message: str) -> None:
    """What is wrong is named, and there is no file afterwards."""
    with pytest.raises(BadQuery, match=message):
        create_key(tmp_path, wanted, as_json=False)
    assert KeyDirectory(tmp_path / "keys").list_names() == []


def test_a_broken_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The list ends with 1 and names the file that is no key; revoking an unknown name says where names are."""
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "half.json").write_text("{")
    assert list_keys(tmp_path, True) == 1
    out, err = capsys.readouterr()
    assert list(json.loads(out)["broken"]) == ["half"]
    assert "half is not accepted" in err
    with pytest.raises(BadQuery, match="`clew keys list`"):
        revoke_key(tmp_path, "none", False)


def test_a_key_is_for_sending_unless_it_is_for_something_else() -> None:
    """Rights are those asked for, and sending where nothing is."""
    assert rights_of(send=False, read=False) == SEND
    assert rights_of(send=False, read=True, metrics=True) == {Right.READ, Right.METRICS}


def test_services_restrict_sending_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A key that can't send takes none, and one that also reads is made with a word about it."""
    with pytest.raises(BadQuery, match="restricts sending"):
        create_key(tmp_path, Wanted("reader", "acme", rights_of(read=True), services=("shop",)), as_json=False)
    assert _listed(tmp_path, capsys) == []
    both = Wanted("both", "acme", rights_of(send=True, read=True), services=("shop",))
    assert create_key(tmp_path, both, as_json=False) == 0
    err = capsys.readouterr().err
    assert "the whole tenant" in err
    assert "to send, read" in err
