import pytest

from clew.sdk.argument_values import ArgumentReader


def _order(
    order_id: int, /, customer: str, *items: str, express: bool = False, note: str = "none", **rest: int
) -> None:
    """Takes all that there is to take."""


def test_chosen_arguments_are_found_wherever_they_are_passed() -> None:
    """By position, by name, or by default."""
    reader = ArgumentReader(_order, ["order_id", "customer", "express", "note"])
    assert reader.read((7, "Ann", "pen"), {"note": "x"}) == {
        "order_id": 7,
        "customer": "Ann",
        "express": False,
        "note": "x",
    }
    assert reader.read((7,), {"customer": "Ann"})["customer"] == "Ann"


def test_what_was_not_passed_is_left_out() -> None:
    """The call itself will fail for it."""
    assert ArgumentReader(_order, ["customer"]).read((7,), {}) == {}


def test_values_are_made_such_that_nobody_changes_them_any_more() -> None:
    """Other types are their text."""
    items = [1]
    found = ArgumentReader(_order, ["order_id"]).read((items,), {})
    items.append(2)
    assert found == {"order_id": (1,)}


def test_a_name_that_is_none_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """When the function is decorated, and not at each call; compiled functions without a signature have no names."""
    assert ArgumentReader(_order, ["oder_id"]).read((7, "Ann"), {}) == {}
    assert "'oder_id'" in caplog.text
    assert ArgumentReader(dict.pop, ["key"]).read((), {}) == {}
