"""Modules that a test writes, imports and forgets."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent


@contextmanager
def planting(folder: Path) -> Iterator[Callable[[str, str], Path]]:
    """Gives a function that writes a module by its dotted name; packages get their `__init__.py`."""
    before, path_hooks = set(sys.modules), list(sys.meta_path)
    sys.path.insert(0, str(folder))

    def write(module: str, source: str) -> Path:
        path = folder.joinpath(*module.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        for parent in path.relative_to(folder).parents:
            if parent != Path():
                (folder / parent / "__init__.py").touch()
        path.write_text(dedent(source), encoding="utf-8")
        sys.path_importer_cache.clear()
        return path

    try:
        yield write
    finally:
        sys.path.remove(str(folder))
        sys.meta_path[:] = path_hooks
        for name in set(sys.modules) - before:
            del sys.modules[name]
