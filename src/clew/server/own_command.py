"""How the person who started Clew calls it again: `clew` on the path, or the file that was started."""

import shutil
from pathlib import Path


def own_command(started_as: str) -> str:
    """`clew` when that is the program that runs (`started_as` is its argv[0]); else its path, as in a clone."""
    found = shutil.which("clew")
    if found is not None and Path(found).resolve() == Path(started_as).resolve():
        return "clew"
    return started_as
