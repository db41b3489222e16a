from collections.abc import Iterator

from clew.sdk.rewritten import site_in, span_of_call, span_of_turns
from tests.sdk.kept_spans import Kept


def test_what_rewritten_code_uses_makes_spans(kept: Kept) -> None:
    """Around the body of a function, and around a generator."""
    site = site_in("shop.cart", "Cart.add")
    with span_of_call(site):
        pass

    @span_of_turns(site)
    def items() -> Iterator[int]:
        yield 1

    assert list(items()) == [1]
    assert [(span.name, span.instrumentation_scope.name) for span in kept.spans] == [("Cart.add", "shop.cart")] * 2
    assert kept.spans[0].attributes == {"code.function.name": "shop.cart.Cart.add"}
