import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.house.project_files import list_files, read_text


def test_new_files_are_seen_and_ignored_files_are_not(plant: Callable[[dict[str, str]], Path]) -> None:
    """A file is checked before it is first added, and a built one never."""
    root = plant({".gitignore": "built/\n", "built/page.html": "", "src/new.py": "", "gone.py": ""})
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    subprocess.run(["git", "-C", str(root), "add", "gone.py"], check=True)
    (root / "gone.py").unlink()
    assert list_files(root) == [".gitignore", "src/new.py"]


def test_binary_files_do_not_stop_a_check(tmp_path: Path) -> None:
    """A picture has no text."""
    (tmp_path / "trace.png").write_bytes(b"\x89PNG\xff")
    assert read_text(tmp_path, "trace.png") is None
