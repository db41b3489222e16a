"""Keys for tests: made in one line, with a ring that knows them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clew.authenticate.key import Key, Right
from clew.authenticate.key_directory import KeyDirectory
from clew.authenticate.key_ring import KeyRing
from clew.authenticate.secret import digest_of, new_secret


def make_key(name: str = "shop", rights: Sequence[str] = ("send",), **fields: Any) -> tuple[Key, str]:
    """A key and its secret."""
    secret = new_secret()
    given: dict[str, Any] = {"tenant": "default", "created_unix_nano": time.time_ns()} | fields
    return Key(name=name, digest=digest_of(secret), rights=frozenset(map(Right, rights)), **given), secret


@dataclass(frozen=True)
class Keys:
    """A directory of keys, and a ring that looked at it."""

    directory: KeyDirectory
    ring: KeyRing

    def add(self, name: str = "shop", rights: Sequence[str] = ("send",), **fields: Any) -> str:
        """The secret of a new key that the ring knows."""
        key, secret = make_key(name, rights, **fields)
        self.directory.add(key)
        self.ring.look()
        return secret

    def change(self, name: str, **fields: Any) -> None:
        """Another version of a key that the ring knows."""
        key = self.directory.find(name)
        now = {field: getattr(key, field) for field in key.__struct_fields__}
        self.directory.replace(Key(**(now | fields)))
        self.ring.look()


def open_keys(data_dir: Path) -> Keys:
    """The keys below a data directory; none at first."""
    directory = KeyDirectory(data_dir / "keys")
    return Keys(directory, KeyRing(directory))


def bearer(secret: str) -> list[tuple[bytes, bytes]]:
    """The headers of a request with that key."""
    return [(b"authorization", b"Bearer " + secret.encode())]
