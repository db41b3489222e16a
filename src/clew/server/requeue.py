"""`clew requeue`: what was set aside goes back into the journal of a data directory."""

import sys
from collections.abc import Sequence
from pathlib import Path

from clew.errors import BadQuery
from clew.journal.requeue import requeue


def requeue_files(data_dir: Path, names: Sequence[str]) -> int:
    """Move the files and say so on stderr; 1 when one must stay. Raises JournalLocked while Clew runs, and BadQuery for
    a name that isn't there.
    """
    quarantine = data_dir / "quarantine"
    for name in names:
        if not (quarantine / name).is_file():
            raise BadQuery("FILE", f"{name} is not in {quarantine}; `clew doctor` lists what is")
    done = requeue(data_dir / "journal", quarantine, names)
    for each in done:
        if each.segment is None:
            sys.stderr.write(f"{each.name} stays: what can be read of it is stored already\n")
        else:
            sys.stderr.write(f"{each.name} is back in the journal\n")
    sys.stderr.write("start Clew to load it\n" if any(each.segment for each in done) else "nothing to load again\n")
    return int(any(each.segment is None for each in done))
