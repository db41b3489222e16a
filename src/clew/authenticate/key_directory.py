"""Where keys are kept: one file each in `keys/` of the data directory, which a running server looks at all the time.

Whoever may write the data directory may create and revoke keys; nobody else can, and no port leads there.
"""

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from clew.authenticate.key import Key, check_key, decode_key, encode_key
from clew.errors import BadQuery, ConfigurationError

KEYS = "keys"
"""The directory in the data directory."""
_SUFFIX = ".json"
_LAST_USED = ".last-used.json"
_MAX_FILE_BYTES = 1 << 20
_DIRECTORY_MODE, _FILE_MODE = 0o700, 0o600

Signature = frozenset[tuple[str, int, int, int]]
"""Name, modification time in ns, size and inode of each key's file."""


@dataclass(frozen=True, slots=True)
class KeyListing:
    """All keys by name; `broken` says of the other files what is wrong with them."""

    keys: dict[str, Key] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)


class KeyDirectory:
    """The files of all keys. Every change is whole or not there, and on disk when the method returns."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def add(self, key: Key) -> None:
        """Raises BadQuery when the name is taken, also by a revoked key: a name in logs means one key for ever."""
        check_key(key)
        self._make()
        with self._written(encode_key(key)) as scratch:
            try:
                os.link(scratch, self._path(key.name))
            except FileExistsError:
                raise BadQuery("NAME", f"there is a key {key.name} already; choose another name") from None
        self._sync()

    def replace(self, key: Key) -> None:
        """Put a changed key in the place of the one with its name."""
        with self._written(encode_key(check_key(key))) as scratch:
            scratch.replace(self._path(key.name))
        self._sync()

    def find(self, name: str) -> Key:
        """Raises BadQuery when there is none, ConfigurationError when its file is no key."""
        if name not in self.list_names():
            raise BadQuery("NAME", f"there is no key {name}; `clew keys list` lists them")
        return self._read(name)

    def list_names(self) -> list[str]:
        """The names of all keys, in order; none when there is no directory yet."""
        return sorted(each[0] for each in self.signature())

    def load(self) -> KeyListing:
        """Every key that can be read. Raises ConfigurationError when the directory can't."""
        listing = KeyListing()
        for name in self.list_names():
            try:
                listing.keys[name] = self._read(name)
            except (ConfigurationError, OSError) as error:
                listing.broken[name] = getattr(error, "strerror", None) or str(error)
        return listing

    def signature(self) -> Signature:
        """Differs from an earlier one whenever a key was added or changed; raises ConfigurationError."""
        try:
            with os.scandir(self.directory) as entries:
                return frozenset(_signed(entry) for entry in entries if _is_key(entry.name))
        except OSError as error:
            if not os.path.lexists(self.directory):  # a file in its place is no directory without keys
                return frozenset()
            raise ConfigurationError(
                f"the keys in {self.directory} can't be read ({error.strerror}); let Clew's user read them"
            ) from error

    def load_last_used(self) -> dict[str, int]:
        """When each key was last used, Unix ns; empty when nobody wrote it down."""
        try:
            return msgspec.json.decode((self.directory / _LAST_USED).read_bytes(), type=dict[str, int])
        except (OSError, msgspec.MsgspecError):
            return {}

    def save_last_used(self, moments: dict[str, int]) -> None:
        """Raises OSError; a moment that is lost with the power harms nobody, so that nothing is synced."""
        with self._written(msgspec.json.encode(moments), is_synced=False) as scratch:
            scratch.replace(self.directory / _LAST_USED)

    def _read(self, name: str) -> Key:
        key = decode_key(_content(self._path(name)))
        if key.name != name:
            raise ConfigurationError(f"it holds the key {key.name}; a key's file has the name of the key")
        return key

    def _path(self, name: str) -> Path:
        return self.directory / f"{name}{_SUFFIX}"

    def _make(self) -> None:
        try:
            self.directory.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"{self.directory} can't be made ({error.strerror}); see to its rights") from error

    @contextlib.contextmanager
    def _written(self, content: bytes, *, is_synced: bool = True) -> Iterator[Path]:
        """A scratch file with the content beside the keys, gone on leaving unless it was renamed."""
        descriptor, name = tempfile.mkstemp(prefix=".new-", dir=self.directory)  # its mode is 0600
        scratch = Path(name)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 - it is open already
                file.write(content)
                file.flush()
                os.fchmod(file.fileno(), _FILE_MODE)
                self._give_to_owner(file.fileno())
                if is_synced:
                    os.fsync(file.fileno())
            yield scratch
        finally:
            scratch.unlink(missing_ok=True)

    def _give_to_owner(self, descriptor: int) -> None:
        """What root writes for a server of another user must be readable for that one."""
        if os.geteuid() == 0:
            parent = self.directory.parent.stat()
            os.fchown(descriptor, parent.st_uid, parent.st_gid)
            os.chown(self.directory, parent.st_uid, parent.st_gid)

    def _sync(self) -> None:
        for directory in (self.directory, self.directory.parent):
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            except OSError as error:
                if error.errno != errno.EINVAL:  # a file system whose directories need no sync
                    raise
            finally:
                os.close(descriptor)


def _content(path: Path) -> bytes:
    """What a file begins with. Raises ConfigurationError for what is none: to read a pipe could take for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - it is open already
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ConfigurationError("it is no file; remove it")
        return file.read(_MAX_FILE_BYTES)


def _is_key(file_name: str) -> bool:
    return file_name.endswith(_SUFFIX) and not file_name.startswith(".")


def _signed(entry: os.DirEntry[str]) -> tuple[str, int, int, int]:
    try:
        status = entry.stat()
    except OSError:  # it went meanwhile, or is a link to nowhere
        return entry.name.removesuffix(_SUFFIX), 0, 0, 0
    return entry.name.removesuffix(_SUFFIX), status.st_mtime_ns, status.st_size, status.st_ino
