import importlib
import sys
from pathlib import Path

import pytest

from clew.errors import ConfigurationError
from clew.sdk.activation import activate
from tests.sdk.kept_spans import Kept
from tests.sdk.planted_modules import planting


def test_modules_get_spans_before_and_after_their_import(tmp_path: Path, kept: Kept) -> None:
    """Until it is switched off for those that come later; functions that were too late are named."""
    with planting(tmp_path) as plant:
        plant("shop.early", "def price(): return 1\ndef gone(): yield 1\ndel gone")
        plant("shop.later", "def price(): return 2")
        plant("shop.last", "def price(): return 3")
        early = importlib.import_module("shop.early")
        activation = activate(["shop.*:*"])
        assert activation.late == ("shop.early:gone",)
        assert (early.price(), importlib.import_module("shop.later").price()) == (1, 2)
        activation.deactivate()
        activation.deactivate()
        assert importlib.import_module("shop.last").price() == 3
    assert [span.instrumentation_scope.name for span in kept.spans] == ["shop.early", "shop.later"]


def test_a_wrong_pattern_changes_nothing() -> None:
    """It is told at once."""
    before = list(sys.meta_path)
    with pytest.raises(ConfigurationError):
        activate(["shop"])
    assert sys.meta_path == before


def test_the_client_library_itself_has_no_spans() -> None:
    """Patterns for everything in Clew would make it trace its own tracing."""
    activation = activate(["clew.sdk.*:*"])
    activation.deactivate()
    assert activation.late == ()
    assert "begin_call" not in activate.__code__.co_names
    assert not any(name.startswith("__clew_site_") for name in vars(sys.modules["clew.sdk.activation"]))
