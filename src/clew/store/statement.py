"""The SQL files: one statement each, named by act and object."""

import functools
import re
from importlib import resources

_INCLUDED = re.compile(r"/\*(\w+\.sql)\*/")


@functools.cache
def statement(name: str) -> str:
    """The text of `sql/<name>`, for example `statement("load_spans.sql")`; `/*other.sql*/` in it is its text."""
    text = resources.files("clew.store").joinpath("sql", name).read_text(encoding="utf-8")
    return _INCLUDED.sub(lambda found: statement(found[1]).strip(), text)


def migration_names() -> list[str]:
    """The file names of all migrations, in the order in which they are applied."""
    return _names("migrations")


def is_of_first_schema(migration: str) -> bool:
    """Whether it makes tables of the first schema, or takes their data over: nothing for a new store."""
    return migration < "0015" or "0029" <= migration < "0040"


def function_names() -> list[str]:
    """The file names of all functions, each of which may call any other."""
    return _names("functions")


def _names(folder: str) -> list[str]:
    entries = resources.files("clew.store").joinpath("sql", folder).iterdir()
    return sorted(entry.name for entry in entries if entry.name.endswith(".sql"))
