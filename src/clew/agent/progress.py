"""How far the forwarding of one segment has come, in a file that outlives the process.

One line per step: `bind 0-512 http://a:4318` is synced before the batch is sent there, `free 0-512` says that it was
certainly not taken, `done 0-512` that it was, `split 0-512` that its halves are sent in its place. The file is removed
after the segment; as long as it is there, a batch whose fate is unknown goes to the gateway that it is bound to.
"""

import contextlib
import errno
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from clew.agent.batches import Extent
from clew.journal.recovery import sync_directory

log = logging.getLogger(__name__)


class Progress:
    """The steps of one segment; `bound` is the batch that may be at a gateway already, and that gateway's URL."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.done: set[Extent] = set()
        self.split: set[Extent] = set()
        self.bound: tuple[Extent, str] | None = None
        self._whole_bytes = self._replay()

    def _replay(self) -> int:
        """Take the lines that are there; how many bytes of the file are whole lines."""
        text = self._path.read_bytes() if self._path.exists() else b""
        whole = text[: text.rfind(b"\n") + 1]
        for line in whole.decode(errors="replace").splitlines():
            self._take(line)
        return len(whole)

    def _take(self, line: str) -> None:
        step, _, rest = line.partition(" ")
        place, _, url = rest.partition(" ")
        start, _, end = place.partition("-")
        if not (start.isdigit() and end.isdigit()):
            log.error("%s holds %r, which is no step; a batch of this segment may be sent twice", self._path, line[:80])
            return
        extent = Extent(int(start), int(end))
        if step == "bind":
            self.bound = extent, url
            return
        self.bound = None
        if step == "done":
            self.done.add(extent)
        elif step == "split":
            self.split.add(extent)

    def bind(self, extent: Extent, url: str) -> None:
        """From now on the batch may be at that gateway; durable when this returns. Raises OSError when it can't be."""
        if self.bound != (extent, url):
            self._write(f"bind {extent.start}-{extent.end} {url}", is_synced=True)

    def free(self, extent: Extent) -> None:
        """The batch was certainly not taken: any gateway may get it. Raises OSError when that can't be written."""
        self._write(f"free {extent.start}-{extent.end}", is_synced=True)

    def finish(self, extent: Extent) -> None:
        """The batch was taken. Durable with the next `bind`: until then it is bound, and repeated at worst."""
        self._note(f"done {extent.start}-{extent.end}")

    def cut(self, extent: Extent) -> None:
        """The batch was refused as a whole, and its halves come in its place; durable with the next `bind`."""
        self._note(f"split {extent.start}-{extent.end}")

    def remove(self) -> None:
        """Forget it all: the segment is gone."""
        self._path.unlink(missing_ok=True)

    def _note(self, line: str) -> None:
        """On a full disk, remember it in memory only: after a kill the batch is sent again, and known or refused."""
        try:
            self._write(line, is_synced=False)
        except OSError as error:
            log.warning("%s could not be written: %s", self._path, error)
            self._take(line)

    def _write(self, line: str, *, is_synced: bool) -> None:
        is_new = self._whole_bytes == 0
        data = line.encode() + b"\n"
        fd = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o640)
        try:
            os.ftruncate(fd, self._whole_bytes)  # what a failed write left would join with this line
            if os.pwrite(fd, data, self._whole_bytes) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if is_synced:
                os.fdatasync(fd)
        finally:
            os.close(fd)
        if is_new:
            sync_directory(self._path.parent)
        self._whole_bytes += len(data)
        self._take(line)


def remove_orphans(directory: Path, tokens: set[str]) -> None:
    """Remove what is left of segments that are gone: the process ended between the removal of the two files."""
    for path in _files(directory):
        if path.name not in tokens:
            path.unlink()


def _files(directory: Path) -> Iterator[Path]:
    with contextlib.suppress(FileNotFoundError):
        yield from sorted(directory.iterdir())
