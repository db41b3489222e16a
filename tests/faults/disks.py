"""Disks that fill up or become read-only while Clew runs: what a test may do to that end depends on who runs it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.server_process import CLEW, ServerProcess

NOBODY = 65534
SMALL_DISK_BYTES = 96 << 20
_OWN_MOUNTS = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--mount", "--user", "--map-root-user"]


class Rights:
    """The directories of one part lose their right of writing; Clew runs as a user whom that stops, unlike root."""

    def __init__(self, data_dir: Path, part: str) -> None:
        self._directory = data_dir / part
        drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        self.program = [*(drop if os.getuid() == 0 else []), CLEW]

    def fill(self, server: ServerProcess) -> None:
        """No file can be made, renamed or removed, as on a disk that is read-only."""
        self._change(0o555)

    def mend(self, server: ServerProcess) -> None:
        """All is as before."""
        self._change(0o755)

    def _change(self, mode: int) -> None:
        for directory, _, _ in os.walk(self._directory):
            Path(directory).chmod(mode)


class OwnMount:
    """One part is on a small disk in memory, which only Clew and its children see."""

    def __init__(self, data_dir: Path, part: str) -> None:
        self._directory = data_dir / part
        self._directory.mkdir(parents=True)
        mount = f'mount -t tmpfs -o size={SMALL_DISK_BYTES} none "$0" && exec "$@"'
        settings = ["env", "CLEW_JOURNAL_MIN_FREE_BYTES=0"]
        self.program = [*settings, *_OWN_MOUNTS, "sh", "-c", mount, str(self._directory), CLEW]

    def fill(self, server: ServerProcess) -> None:
        """Not a byte is left."""
        with self._filler(server).open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                return

    def mend(self, server: ServerProcess) -> None:
        """All is as before."""
        self._filler(server).unlink()

    def _filler(self, server: ServerProcess) -> Path:
        return Path(f"/proc/{server.process.pid}/root") / self._directory.relative_to("/") / "filler"


Disk = Rights | OwnMount


def small_disk(data_dir: Path, part: str) -> Disk:
    """A disk in memory where this user may mount one, else the rights of files."""
    if shutil.which("unshare") is None:
        return Rights(data_dir, part)
    command = [*_OWN_MOUNTS, "mount", "-t", "tmpfs", "none", "/mnt"]
    may_mount = subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0
    return OwnMount(data_dir, part) if may_mount else Rights(data_dir, part)


@contextmanager
def data_directory() -> Iterator[Path]:
    """Where a data directory may be made, also by a Clew without root's rights."""
    with tempfile.TemporaryDirectory(prefix="clew-faults-") as name:
        if os.getuid() == 0:
            os.chown(name, NOBODY, NOBODY)
        yield Path(name)
