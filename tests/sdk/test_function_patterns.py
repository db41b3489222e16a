import pytest

from clew.errors import ConfigurationError
from clew.sdk.function_patterns import FunctionPatterns


@pytest.mark.parametrize(
    ("patterns", "function", "is_chosen"),
    [
        (["shop.pricing:*"], "shop.pricing:price", True),
        (["shop.pricing:*"], "shop.pricing:Rule.apply", True),
        (["shop.pricing:*"], "shop.pricing.tax:rate", False),
        (["shop.*:*"], "shop.pricing.tax:rate", True),
        (["shop.*:*"], "shop:main", False),
        (["shop.cart:Cart.add"], "shop.cart:Cart.add", True),
        (["shop.cart:Cart.add"], "shop.cart:Cart.add_all", False),
        (["shop.*:*", "-shop.*:_*"], "shop.cart:_check", False),
        (["shop.*:*", "-shop.cart:*", "shop.cart:Cart.add"], "shop.cart:Cart.add", True),
        (["-shop.cart:*", "shop.*:*"], "shop.cart:Cart.add", True),
        (["shop.*:*"], "shop.cart:Cart.__eq__", False),
        (["shop.*:Cart.__init__"], "shop.cart:Cart.__init__", True),
        (["shop.*:*.__call__", "-shop.cart:*"], "shop.cart:Cart.__call__", False),
        (["Shop:*"], "shop:main", False),
        ([], "shop:main", False),
    ],
    ids=repr,
)
def test_patterns_choose_functions(patterns: list[str], function: str, is_chosen: bool) -> None:
    """By module and name; the last that fits decides, and special methods are chosen by their names only."""
    assert FunctionPatterns(patterns).chooses(*function.split(":")) is is_chosen


def test_what_makes_spans_has_none() -> None:
    """Though patterns fit everything."""
    patterns = FunctionPatterns(["*:*"])
    names = ("http.client", "opentelemetry.trace", "clew.sdk.span", "clew.demo.shop", "__main__")
    assert [patterns.may_choose_in(name) for name in names] == [False, False, False, True, True]


def test_modules_in_which_nothing_can_be_chosen_are_known() -> None:
    """By their names."""
    patterns = FunctionPatterns(["shop.*:price", "-bank:*"])
    assert [patterns.may_choose_in(name) for name in ("shop.cart", "shop", "bank")] == [True, False, False]


@pytest.mark.parametrize("text", ["", "shop", "shop:", ":price", "shop:a b", "--shop:*", "shop:a:b"], ids=repr)
def test_what_is_no_pattern_is_told(text: str) -> None:
    """With an example of one."""
    with pytest.raises(ConfigurationError, match="module:function"):
        FunctionPatterns([text])
