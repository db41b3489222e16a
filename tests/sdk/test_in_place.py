import importlib
import logging
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clew.sdk.function_patterns import FunctionPatterns
from clew.sdk.in_place import trace_module
from tests.sdk.kept_spans import Kept
from tests.sdk.planted_modules import planting

_Plant = Callable[[str, str], Path]
_ALL = FunctionPatterns(["shop:*"])
_SOURCE = '''
import functools
kept = []

def price(quantity):
    """In cents."""
    return 3 * quantity

def outer(first):
    def inner(second):
        return first + second
    return inner

def keep(function):
    kept.append(function)
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper

@keep
def route():
    return "answer"

class Cart:
    class Item:
        def weigh(self):
            return 5
    @property
    def size(self):
        return 3
    @staticmethod
    def items():
        yield 1
    async def pay(self):
        return 1

def numbers():
    yield 2
'''


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[_Plant]:
    """Modules are imported as they are."""
    with planting(tmp_path) as write:
        yield write


def _load(name: str) -> Any:
    return importlib.import_module(name)


def test_functions_that_are_there_already_get_spans(plant: _Plant, kept: Kept) -> None:
    """Wherever they were imported to, or are kept: by decorators, in classes, as closures."""
    plant("shop", _SOURCE)
    plant("customer", "from shop import price, outer\nadd = outer(1)")
    shop, customer = _load("shop"), _load("customer")
    assert trace_module(shop, _ALL) == []
    assert (customer.price(2), customer.add(2), shop.route(), shop.kept[0]()) == (6, 3, "answer", "answer")
    cart = shop.Cart()
    assert (cart.size, list(cart.items()), list(shop.numbers()), shop.Cart.Item().weigh()) == (3, [1], [2], 5)
    with pytest.raises(StopIteration):
        cart.pay().send(None)
    assert kept.names == [
        *("price", "outer.inner", "route", "keep.wrapper", "route"),
        *("Cart.size", "Cart.items", "numbers", "Cart.Item.weigh", "Cart.pay"),
    ]


def test_they_are_the_same_functions(plant: _Plant, kept: Kept) -> None:
    """With their names, docstrings and lines."""
    plant("shop", _SOURCE)
    shop = _load("shop")
    price, line = shop.price, shop.price.__code__.co_firstlineno
    trace_module(shop, _ALL)
    assert shop.price is price
    assert (price.__doc__, price.__code__.co_firstlineno) == ("In cents.", line)
    assert pickle.loads(pickle.dumps(price)) is price  # noqa: S301  # bytes of our own
    assert pickle.loads(pickle.dumps(shop.numbers)) is shop.numbers  # noqa: S301  # as above


def test_what_is_too_late_is_told(plant: _Plant, kept: Kept, caplog: pytest.LogCaptureFixture) -> None:
    """A generator that somebody keeps elsewhere; a function whose source was changed since."""
    path = plant("shop", _SOURCE + "\nkept = [numbers]\ndel numbers\n")
    shop = _load("shop")
    path.write_text(path.read_text().replace("3 * quantity", "4 * quantity"))
    with caplog.at_level(logging.INFO):
        assert trace_module(shop, _ALL) == ["shop:price", "shop:numbers"]
    assert (shop.price(1), list(shop.kept[0]())) == (3, [2])
    assert "price, numbers" in caplog.text
    assert kept.names == []


def test_modules_that_cannot_be_read_are_told(plant: _Plant, caplog: pytest.LogCaptureFixture) -> None:
    """And are left as they are."""
    path = plant("shop", _SOURCE)
    shop = _load("shop")
    path.unlink()
    assert trace_module(shop, _ALL) == ["shop:*"]
    assert "can't be read" in caplog.text
    assert shop.price(1) == 3


def test_modules_without_chosen_functions_stay_as_they_are(plant: _Plant, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is put into them."""
    plant("shop", _SOURCE)
    shop = _load("shop")
    names = set(vars(shop))
    with caplog.at_level(logging.DEBUG):
        assert trace_module(shop, FunctionPatterns(["shop:other"])) == []
    assert (set(vars(shop)), caplog.text) == (names, "")
