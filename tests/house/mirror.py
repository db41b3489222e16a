"""Every module has its test, every test says what it shows."""

import ast
from pathlib import Path, PurePosixPath

from tests.house.project_files import FunctionNode, functions_of, list_files, list_python, parse

# A module without a test of its own, and where it is tested instead.
TESTED_ELSEWHERE: dict[str, str] = {
    "src/clew/errors.py": "tests/house/test_error_tree.py compares the drawing and the classes",
    "src/clew/analyse/settings.py": "defaults only; tests/server/test_settings.py sets each of them",
    "src/clew/journal/settings.py": "defaults only; tests/server/test_settings.py sets each of them",
    "src/clew/store/settings.py": "defaults only; tests/server/test_settings.py sets each of them",
}
SHORTEST_SENTENCE_WORDS = 3


def _test_of(module: str) -> str:
    path = PurePosixPath(module)
    return str(PurePosixPath("tests", *path.parts[2:-1], f"test_{path.name}"))


def find_untested_modules(root: Path, elsewhere: dict[str, str] | None = None) -> list[str]:
    """Modules of src without a test module, and exceptions that are not needed any more."""
    elsewhere = TESTED_ELSEWHERE if elsewhere is None else elsewhere
    present = set(list_files(root))
    modules = {name: _test_of(name) for name in list_python(root, "src") if not name.endswith("__init__.py")}
    missing = {name for name, test in modules.items() if test not in present}
    found = [f"{name} has no {modules[name]}" for name in sorted(missing - elsewhere.keys())]
    return found + [f"{name} needs no exception any more" for name in sorted(elsewhere.keys() - missing)]


def _is_test(node: FunctionNode) -> bool:
    return node.name.startswith("test_")


def find_tests_without_sentence(root: Path) -> list[str]:
    """Test functions whose docstring is missing or is no sentence."""
    modules = [name for name in list_python(root, "tests") if PurePosixPath(name).name.startswith("test_")]
    tests = ((name, node) for name in modules for node in functions_of(parse(root, name)) if _is_test(node))
    return [
        f"{name}:{node.lineno} {node.name}: say the behaviour in one sentence"
        for name, node in tests
        if len((ast.get_docstring(node) or "").split()) < SHORTEST_SENTENCE_WORDS
    ]


def find_empty_tests(root: Path) -> list[str]:
    """Test functions that cannot fail: a body without any call, assertion or `with`."""
    modules = [name for name in list_python(root, "tests") if PurePosixPath(name).name.startswith("test_")]
    tests = ((name, node) for name in modules for node in functions_of(parse(root, name)) if _is_test(node))
    acts = (ast.Assert, ast.Call, ast.With, ast.AsyncWith)
    return [
        f"{name}:{node.lineno} {node.name} cannot fail"
        for name, node in tests
        if not any(isinstance(part, acts) for statement in node.body for part in ast.walk(statement))
    ]
