from collections.abc import Callable
from pathlib import Path

from tests.house.mirror import find_empty_tests, find_tests_without_sentence, find_untested_modules
from tests.house.project_files import ROOT

Plant = Callable[[dict[str, str]], Path]


def test_every_module_has_its_test() -> None:
    """`src/clew/pkg/foo.py` has `tests/pkg/test_foo.py`, or a reason in the table."""
    assert find_untested_modules(ROOT) == []


def test_a_module_without_test_is_found(plant: Plant) -> None:
    """A test in the wrong folder does not count; `__init__.py` needs none."""
    files = [
        "src/clew/cli.py",
        "src/clew/model/ids.py",
        "src/clew/model/__init__.py",
        "tests/test_cli.py",
        "tests/test_ids.py",
    ]
    root = plant(dict.fromkeys(files, ""))
    assert find_untested_modules(root, {}) == ["src/clew/model/ids.py has no tests/model/test_ids.py"]


def test_a_stale_exception_is_found(plant: Plant) -> None:
    """The table must not outlive what it excuses."""
    root = plant({"src/clew/cli.py": "", "tests/test_cli.py": "", "src/clew/api/ports.py": ""})
    elsewhere = {"src/clew/cli.py": "no reason", "src/clew/api/ports.py": "only protocols", "src/clew/gone.py": "gone"}
    assert find_untested_modules(root, elsewhere) == [
        "src/clew/cli.py needs no exception any more",
        "src/clew/gone.py needs no exception any more",
    ]


def test_every_test_says_what_it_shows() -> None:
    """Each test's docstring is a sentence."""
    assert find_tests_without_sentence(ROOT) == []


def test_a_test_without_sentence_is_found(plant: Plant) -> None:
    """No docstring or a docstring of one word is named, in classes and async tests too."""
    source = 'class TestX:\n    def test_a(self):\n        "It works."\nasync def test_b(): ...\ndef other(): ...\n'
    root = plant({"tests/test_x.py": source, "tests/shapes.py": "def test_pattern(): ...\n"})
    assert sorted(find_tests_without_sentence(root)) == [
        "tests/test_x.py:2 test_a: say the behaviour in one sentence",
        "tests/test_x.py:4 test_b: say the behaviour in one sentence",
    ]


def test_every_test_can_fail() -> None:
    """Each test calls or asserts something."""
    assert find_empty_tests(ROOT) == []


def test_an_empty_test_is_found(plant: Plant) -> None:
    """A test that only has a docstring and `pass` is named."""
    empty = 'def test_a():\n    "It does everything right."\n    pass\n'
    root = plant({"tests/test_x.py": f"{empty}\ndef test_b():\n    assert f()\n"})
    assert find_empty_tests(root) == ["tests/test_x.py:1 test_a cannot fail"]
