"""The SQL of searching, one statement or fragment per file."""

import functools
from importlib import resources


@functools.cache
def fragment(name: str) -> str:
    """The text of `sql/<name>`."""
    return resources.files("clew.query").joinpath("sql", name).read_text(encoding="utf-8")
