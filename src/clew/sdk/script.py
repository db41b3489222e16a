"""Runs a script with spans in its own functions, which no import hook sees: Python reads it without importing it."""

import sys
from types import ModuleType

from clew.sdk.function_patterns import FunctionPatterns
from clew.sdk.import_hook import RewritingLoader

_MAIN = "__main__"


def run_script(path: str, patterns: FunctionPatterns) -> None:
    """As `python path` does, with `sys.argv` and `sys.path` as they are; patterns know it as `__main__`.

    It is `__main__` as long as the process lives, so that what it leaves running, and what is pickled, finds it. Raises
    what the script raises, and OSError when it can't be read.
    """
    module = ModuleType(_MAIN)
    loader = RewritingLoader(_MAIN, path, patterns)
    module.__file__ = path
    module.__loader__ = loader
    module.__dict__["__cached__"] = None
    sys.modules[_MAIN] = module
    loader.get_data(path)
    loader.exec_module(module)
