"""The SQL files: one statement each, named by act and object."""

import functools
from importlib import resources


@functools.cache
def statement(name: str) -> str:
    """The text of `sql/<name>`, for example `statement("load_spans.sql")`."""
    return resources.files("clew.store").joinpath("sql", name).read_text(encoding="utf-8")


def migration_names() -> list[str]:
    """The file names of all migrations, in the order in which they are applied."""
    folder = resources.files("clew.store").joinpath("sql", "migrations")
    return sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
