import os
import stat
import threading
from pathlib import Path

import pytest

from clew.authenticate.key_directory import KeyDirectory
from clew.errors import BadQuery, ConfigurationError
from tests.authenticate.keys import make_key


@pytest.fixture
def directory(tmp_path: Path) -> KeyDirectory:
    """One that doesn't exist yet."""
    return KeyDirectory(tmp_path / "data" / "keys")


def test_a_key_is_there_once_it_was_added(directory: KeyDirectory) -> None:
    """Before, there is none; afterwards it is listed, also by another process."""
    key, _ = make_key("shop")
    assert directory.list_names() == []
    directory.add(key)
    assert KeyDirectory(directory.directory).load().keys == {"shop": key}
    assert directory.find("shop") == key


def test_only_the_owner_can_read_keys(directory: KeyDirectory) -> None:
    """Files have the mode 0600 and the directory 0700, whatever the umask is; the secret is in neither."""
    before = os.umask(0)
    try:
        key, secret = make_key("shop")
        directory.add(key)
    finally:
        os.umask(before)
    file = directory.directory / "shop.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.directory.stat().st_mode) == 0o700
    assert secret not in file.read_text()
    assert [each.name for each in directory.directory.iterdir()] == ["shop.json"]


def test_a_name_is_given_once(directory: KeyDirectory) -> None:
    """A second key of the name is refused, and the first stays as it was."""
    key, _ = make_key("shop")
    directory.add(key)
    with pytest.raises(BadQuery, match="there is a key shop already"):
        directory.add(make_key("shop")[0])
    assert directory.find("shop") == key


def test_of_many_who_want_a_name_one_gets_it(directory: KeyDirectory) -> None:
    """Keys created at the same time never replace each other."""
    taken: list[str] = []

    def add() -> None:
        try:
            directory.add(make_key("shop")[0])
        except BadQuery:
            taken.append("shop")

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 7


def test_a_change_is_seen_by_the_signature(directory: KeyDirectory) -> None:
    """Adding and replacing change the signature; looking doesn't, nor does what isn't a key."""
    signatures = [directory.signature()]
    key, _ = make_key("shop")
    directory.add(key)
    signatures.append(directory.signature())
    directory.replace(key)
    signatures.append(directory.signature())
    assert len(set(signatures)) == 3
    directory.save_last_used({"shop": 1})
    assert directory.signature() == signatures[-1]


def test_a_broken_file_harms_no_other_key(directory: KeyDirectory) -> None:
    """What isn't a key, or has the name of another, is told and left out."""
    key, _ = make_key("good")
    directory.add(key)
    (directory.directory / "half.json").write_bytes(b'{"name": "ha')
    (directory.directory / "other.json").write_bytes((directory.directory / "good.json").read_bytes())
    (directory.directory / "gone.json").symlink_to("nowhere")
    os.mkfifo(directory.directory / "pipe.json")
    listing = directory.load()
    assert list(listing.keys) == ["good"]
    assert set(listing.broken) == {"half", "other", "gone", "pipe"}
    assert listing.broken["pipe"] == "it is no file; remove it"
    assert "holds the key good" in listing.broken["other"]


def test_a_name_that_is_not_there_is_told(directory: KeyDirectory) -> None:
    """An unknown name, also one that leads elsewhere, says where names are listed."""
    for name in ("shop", "../journal", ""):
        with pytest.raises(BadQuery, match="`clew keys list`"):
            directory.find(name)


def test_a_directory_that_is_none_is_told(tmp_path: Path) -> None:
    """A file in its place is a configuration error, when keys are read and when they are written."""
    (tmp_path / "keys").write_text("")
    directory = KeyDirectory(tmp_path / "keys")
    with pytest.raises(ConfigurationError, match="can't be read"):
        directory.load()
    with pytest.raises(ConfigurationError, match="can't be made"):
        directory.add(make_key()[0])


def test_a_data_directory_that_is_none_has_no_keys(tmp_path: Path) -> None:
    """What is wrong with it is told by those who need it; a link to nowhere in the place of the keys is wrong here."""
    (tmp_path / "data").write_text("")
    assert KeyDirectory(tmp_path / "data" / "keys").load().keys == {}
    (tmp_path / "keys").symlink_to("nowhere")
    with pytest.raises(ConfigurationError, match="can't be read"):
        KeyDirectory(tmp_path / "keys").load()


def test_last_use_is_remembered(directory: KeyDirectory) -> None:
    """The moments come back; where they are missing or broken there are none."""
    assert directory.load_last_used() == {}
    directory.add(make_key("shop")[0])
    directory.save_last_used({"shop": 7})
    assert directory.load_last_used() == {"shop": 7}
    (directory.directory / ".last-used.json").write_text("half")
    assert directory.load_last_used() == {}
