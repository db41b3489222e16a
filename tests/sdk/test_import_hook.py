import importlib
import inspect
import pickle
import runpy
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

import pytest

from clew.sdk.function_patterns import FunctionPatterns
from clew.sdk.import_hook import RewritingLoader, SpanFinder, rewritten_code
from tests.sdk.kept_spans import Kept
from tests.sdk.planted_modules import planting

_Plant = Callable[[str, str], Path]
_PRICE = '''
def price(quantity):
    """In cents."""
    return 3 * quantity
'''


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[_Plant]:
    """Modules below `shop` are imported with spans."""
    with planting(tmp_path) as write:
        sys.meta_path.insert(0, SpanFinder(FunctionPatterns(["shop.*:*", "shop:*", "-shop.*:plain"])))
        yield write


def _load(name: str) -> Any:
    return importlib.import_module(name)


def test_a_module_is_imported_with_spans(plant: _Plant, kept: Kept) -> None:
    """As often as it is imported, from a file that may have been compiled before."""
    plant("shop.pricing", _PRICE)
    for _ in range(2):
        pricing = _load("shop.pricing")
        assert pricing.price(2) == 6
        del sys.modules["shop.pricing"]
    assert kept.names == ["price", "price"]
    assert kept.spans[0].instrumentation_scope.name == "shop.pricing"


def test_a_module_is_to_others_what_it_was(plant: _Plant, kept: Kept) -> None:
    """Its loader, its source, its file, pickles of its functions, and its reload."""
    path = plant("shop.pricing", _PRICE)
    pricing = _load("shop.pricing")
    assert isinstance(pricing.__loader__, SourceFileLoader)
    assert pricing.__spec__.loader is pricing.__loader__
    assert (pricing.__file__, inspect.getsource(pricing.price).strip()) == (str(path), _PRICE.strip())
    assert pickle.loads(pickle.dumps(pricing.price)) is pricing.price  # noqa: S301  # bytes of our own
    importlib.reload(pricing).price(1)
    assert kept.names == ["price"]


def test_modules_without_chosen_functions_come_as_they_are(
    plant: _Plant, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From their compiled files, and from the other finders."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    plant("shop.plain", "def plain(): return 1")
    plant("other", _PRICE)
    assert (_load("shop.plain").plain(), _load("other").price(1)) == (1, 3)
    assert Path(_load("shop.plain").__cached__).is_file()
    assert kept.spans == []
    with pytest.raises(ModuleNotFoundError):
        _load("shop.missing")


def test_errors_of_a_module_are_its_own(plant: _Plant) -> None:
    """What it raises, and what it has wrong, with the lines where they are."""
    plant("shop.failing", "def f(): return 1\n1 / 0\n")
    plant("shop.wrong", "def f(: return 1\n")
    with pytest.raises(ZeroDivisionError) as failure:
        _load("shop.failing")
    assert failure.traceback[-1].lineno == 1  # counted from 0
    assert not any("clew/sdk" in str(entry.path) for entry in failure.traceback)
    with pytest.raises(SyntaxError):
        _load("shop.wrong")


def test_an_import_is_never_broken(plant: _Plant, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    """Whatever fails in rewriting, the module is there, and the log says why it has no spans."""

    def fail(*_: object) -> None:
        raise RecursionError("too deep")

    plant("shop.pricing", _PRICE)
    monkeypatch.setattr("clew.sdk.rewriting.is_generator", fail)
    assert _load("shop.pricing").price(2) == 6
    assert "shop.pricing is imported without spans" in caplog.text


def test_modules_in_an_archive_have_spans_too(tmp_path: Path, kept: Kept) -> None:
    """Put in place after they are loaded by whoever loads them."""
    archive = tmp_path / "shop.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("zipped.py", _PRICE)
    with planting(archive):
        sys.meta_path.insert(0, SpanFinder(FunctionPatterns(["zipped:*"])))
        zipped = _load("zipped")
        assert zipped.price(2) == 6
        assert type(zipped.__loader__).__name__ == "zipimporter"
        assert zipped.__spec__.loader is zipped.__loader__
    assert kept.names == ["price"]


def test_a_module_that_is_run_has_spans(plant: _Plant, kept: Kept) -> None:
    """By `python -m`, which asks its loader for the code."""
    plant("shop.tool", _PRICE + "\nanswer = price(5)\n")
    assert runpy.run_module("shop.tool", run_name="__main__")["answer"] == 15
    assert (kept.names, kept.spans[0].instrumentation_scope.name) == (["price"], "__main__")


def test_large_libraries_do_what_they_did() -> None:
    """With spans in all of their functions, compiled modules beside them, and a provider.

    NumPy compares the code of its generators, in place of their signatures, with that of other functions.
    """
    program = (
        "import sys\n"
        "from opentelemetry import trace\n"
        "from clew.sdk.activation import activate\n"
        "from clew.sdk.provider import TracerProvider\n"
        "trace.set_tracer_provider(TracerProvider())\n"
        "activate(['*:*', '-numpy.*:*_dispatcher'])\n"
        "import httpx, numpy, rich.text\n"
        "assert hasattr(httpx.get, '__wrapped__') or '__clew_call__' in httpx.get.__code__.co_names\n"
        "print(numpy.linalg.norm([3, 4]), httpx.URL('http://a/b').path, rich.text.Text('x') + 'y')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout.split(), done.stderr) == (["5.0", "/b", "xy"], "")


def test_code_is_made_only_where_something_is_chosen(tmp_path: Path) -> None:
    """Else the file that Python compiled before does."""
    patterns = FunctionPatterns(["shop:price"])
    assert rewritten_code(_PRICE.encode(), "shop.py", "shop", patterns) is not None
    assert rewritten_code(b"def other(): return 1", "shop.py", "shop", patterns) is None
    path = tmp_path / "shop.py"
    path.write_text("def other(): return 1")
    code = RewritingLoader("shop", str(path), patterns).get_code("shop")
    assert code is not None
    assert code.co_filename == str(path)
