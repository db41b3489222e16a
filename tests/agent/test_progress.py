import resource
import subprocess
import sys
from pathlib import Path

import pytest

from clew.agent.batches import Extent
from clew.agent.progress import Progress, remove_orphans

FIRST, SECOND = Extent(0, 10), Extent(10, 20)
A, B = "http://a:4318", "http://b:4318"


def test_steps_outlive_the_process(tmp_path: Path) -> None:
    """What was taken, split and bound is known when the file is read again."""
    progress = Progress(tmp_path / "token")
    progress.bind(FIRST, A)
    progress.finish(FIRST)
    progress.cut(SECOND)
    progress.bind(SECOND, B)
    for known in (progress, Progress(tmp_path / "token")):
        assert (known.done, known.split, known.bound) == ({FIRST}, {SECOND}, (SECOND, B))


@pytest.mark.parametrize("step", ["free", "finish", "cut"])
def test_a_batch_is_bound_until_its_fate_is_known(tmp_path: Path, step: str) -> None:
    """Each of the three ends binds it no longer."""
    progress = Progress(tmp_path / "token")
    progress.bind(FIRST, A)
    getattr(progress, step)(FIRST)
    assert progress.bound is Progress(tmp_path / "token").bound is None


def test_a_new_segment_has_no_file(tmp_path: Path) -> None:
    """Nothing is written before something is sent, and to remove nothing is no error."""
    progress = Progress(tmp_path / "token")
    assert progress.bound is None
    assert list(tmp_path.iterdir()) == []
    progress.remove()


def test_a_torn_line_is_cut_off(tmp_path: Path) -> None:
    """What a crash left of a line is not read, and does not spoil the next."""
    path = tmp_path / "token"
    path.write_bytes(b"bind 0-10 http://a:4318\ndone 0-1")
    progress = Progress(path)
    assert (progress.done, progress.bound) == (set(), (FIRST, A))
    progress.finish(FIRST)
    assert path.read_bytes() == b"bind 0-10 http://a:4318\ndone 0-10\n"


def test_a_line_that_says_nothing_is_passed_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A damaged line is told, and the others count."""
    (tmp_path / "token").write_bytes(b"bi\xff\nbind x-y http://a\nbind 0-10 http://a:4318\n")
    assert Progress(tmp_path / "token").bound == (FIRST, A)
    assert [record.getMessage().endswith("may be sent twice") for record in caplog.records] == [True, True]


def test_binding_twice_writes_once(tmp_path: Path) -> None:
    """A batch that is tried at the same gateway again and again does not make the file grow."""
    progress = Progress(tmp_path / "token")
    progress.bind(FIRST, A)
    progress.bind(FIRST, A)
    assert (tmp_path / "token").read_bytes().count(b"\n") == 1


def test_on_a_full_disk_only_binding_fails(tmp_path: Path) -> None:
    """Before a batch is sent its gateway must be on disk; what became of it may be in memory only."""
    script = (
        "import resource, pathlib\n"
        "from clew.agent.progress import Progress\n"
        "from clew.agent.batches import Extent\n"
        f"progress = Progress(pathlib.Path({str(tmp_path / 'token')!r}))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))\n"
        "progress.finish(Extent(0, 10))\n"
        "assert progress.done == {Extent(0, 10)}\n"
        "try: progress.bind(Extent(10, 20), 'http://a:4318')\n"
        "except OSError: assert progress.bound is None; print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "refused\n"
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 0


def test_what_is_left_of_segments_that_are_gone_is_removed(tmp_path: Path) -> None:
    """The steps of segments that are still there stay; no directory is no error."""
    for name in ("gone", "there"):
        Progress(tmp_path / name).finish(FIRST)
    remove_orphans(tmp_path, {"there"})
    remove_orphans(tmp_path / "none", set())
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
