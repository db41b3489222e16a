"""The SQL files: one statement each, named by act and object."""

import functools
import re
from collections.abc import Sequence
from importlib import resources

_FOR_LOADS = (("0090", "0098"), ("0120", "0126"))
_FOR_NEW_STORES = (("0041", "0056"), ("0070", "0080"), *_FOR_LOADS, ("0113", "0114"), ("0126", "9999"))
_INCLUDED = re.compile(r"/\*((?:migrations/)?\w+\.sql)\*/")


@functools.cache
def statement(name: str) -> str:
    """The text of `sql/<name>`, for example `statement("load_spans.sql")`; `/*other.sql*/` in it is its text."""
    text = resources.files("clew.store").joinpath("sql", name).read_text(encoding="utf-8")
    return _INCLUDED.sub(lambda found: statement(found[1]).strip(), text)


def migration_names() -> list[str]:
    """The file names of all migrations, in the order in which they are applied."""
    return _names("migrations")


def is_for_new_stores(migration: str) -> bool:
    """Whether a new store needs it: not what makes tables or views that a later one makes anew, or takes data over."""
    return _is_within(_FOR_NEW_STORES, migration)


def is_for_loads(migration: str) -> bool:
    """Whether it makes one of the tables that loads fill, or a view between them, as they are now."""
    return _is_within(_FOR_LOADS, migration)


def in_partitions(name: str, partitions: Sequence[str]) -> str:
    """The statement with its command, which stands behind the first line, once for each partition (ids, at least one).

    A mutation makes every part of its table anew, also those of other partitions: one for all is that much cheaper.
    """
    table, command = statement(name).strip().split("\n", 1)
    return f"{table}\n" + ",\n".join(command.replace("/*partition*/", f"'{partition}'") for partition in partitions)


def function_names() -> list[str]:
    """The file names of all functions, each of which may call any other."""
    return _names("functions")


def _names(folder: str) -> list[str]:
    entries = resources.files("clew.store").joinpath("sql", folder).iterdir()
    return sorted(entry.name for entry in entries if entry.name.endswith(".sql"))


def _is_within(ranges: Sequence[tuple[str, str]], migration: str) -> bool:
    return any(first <= migration < end for first, end in ranges)
