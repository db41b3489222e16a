"""How long functions and modules may be."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.house.project_files import functions_of, list_files, list_python, parse, read_text

MEDIAN_FUNCTION_LINES = 10
MAX_FUNCTION_LINES = 70
MAX_MODULE_LINES = 600
USUAL_MODULE_LINES = 250
USUAL_SHARE = 0.8
PYTHON_FOLDERS = ("src", "tests", "bench")
MODULE_SUFFIXES = (".py", ".ts", ".tsx")


def _function_lines(root: Path, *folders: str) -> Iterator[tuple[str, int]]:
    for name in list_python(root, *folders):
        for function in functions_of(parse(root, name)):
            yield (
                f"{name}:{function.lineno} {function.name}",
                (function.end_lineno or function.lineno) - function.lineno + 1,
            )


def find_long_functions(root: Path) -> list[str]:
    """Functions over the limit, and a median over the limit in src."""
    found = [
        f"{where} has {lines} lines, more than {MAX_FUNCTION_LINES}: split it"
        for where, lines in _function_lines(root, *PYTHON_FOLDERS)
        if lines > MAX_FUNCTION_LINES
    ]
    lengths = [lines for _, lines in _function_lines(root, "src")]
    if lengths and median(lengths) > MEDIAN_FUNCTION_LINES:
        found.append(f"the median function of src has {median(lengths)} lines, more than {MEDIAN_FUNCTION_LINES}")
    return found


def _module_lines(root: Path) -> dict[str, int]:
    names = [name for name in list_files(root) if name.endswith(MODULE_SUFFIXES)]
    return {name: len((read_text(root, name) or "").splitlines()) for name in names}


def find_long_modules(root: Path) -> list[str]:
    """Modules over the limit, and too large a share of modules that are longer than usual."""
    lines = _module_lines(root)
    found = [
        f"{name} has {count} lines, more than {MAX_MODULE_LINES}"
        for name, count in lines.items()
        if count > MAX_MODULE_LINES
    ]
    source = [count for name, count in lines.items() if name.startswith("src/")]
    usual = sum(count < USUAL_MODULE_LINES for count in source)
    if source and usual < USUAL_SHARE * len(source):
        found.append(f"only {usual} of {len(source)} modules of src have under {USUAL_MODULE_LINES} lines")
    return found
