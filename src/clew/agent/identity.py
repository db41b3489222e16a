"""The agent's name for itself, which is in the key of every batch: made at the first start, and kept."""

import os
import re
import secrets
from pathlib import Path

from clew.errors import JournalError
from clew.journal.recovery import sync_directory

_ID = re.compile(r"[0-9a-f]{32}")


def agent_id(data_dir: Path) -> str:
    """32 hex digits, kept in a file. Raises JournalError when it holds anything else.

    With another id, what is on its way would be stored twice.
    """
    path = data_dir / "agent-id"
    if path.exists():
        found = path.read_text(errors="replace").strip()
        if _ID.fullmatch(found) is None:
            raise JournalError(
                f"{path} holds {found[:40]!r} instead of 32 hex digits; restore it, or remove it if need be"
            )
        return found
    made = secrets.token_hex(16)
    scratch = path.with_name(path.name + ".new")
    with scratch.open("w") as file:
        file.write(made)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
    sync_directory(data_dir)
    return made
