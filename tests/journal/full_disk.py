"""A process whose journal meets a full disk: `python -m tests.journal.full_disk DIRECTORY`.

The limit on file size (RLIMIT_FSIZE) is for the whole process, so it is set in one of its own. Prints a JSON list:
what became of each append, or its message.
"""

import json
import resource
import sys
from pathlib import Path

from clew.journal.journal import Journal
from tests.journal.appends import LARGE, TIMEOUT_S, append


def main(directory: Path) -> None:
    """Append before, while and after files can't grow."""
    journal = Journal(directory, LARGE)
    outcomes = [_outcome(journal, b"before", b"1" * 32)]
    (segment,) = (directory / "segments").iterdir()
    # Room for half of the next record: the first part of it is written, then the write fails.
    resource.setrlimit(resource.RLIMIT_FSIZE, (segment.stat().st_size + 500, resource.RLIM_INFINITY))
    outcomes.append(_outcome(journal, b"x" * 1000, b"2" * 32))
    outcomes.append(_outcome(journal, b"small enough", b"3" * 32))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    outcomes.append(_outcome(journal, b"x" * 1000, b"2" * 32))
    outcomes.append(_outcome(journal, b"after", b"1" * 32))
    journal.close()
    sys.stdout.write(json.dumps(outcomes))


def _outcome(journal: Journal, payload: bytes, key: bytes) -> str:
    error = append(journal, payload, key=key).exception(TIMEOUT_S)
    return "accepted" if error is None else f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
