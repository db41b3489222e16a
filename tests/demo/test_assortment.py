from clew.demo.assortment import CATEGORIES, SKUS, products


def test_every_process_sells_the_same() -> None:
    """The assortment is the same however often it is made, and has no sku twice."""
    assert list(products()) == list(products())
    assert len(set(SKUS)) == len(SKUS) == 180


def test_every_category_has_affordable_products() -> None:
    """No category is empty and every price is between 1 and 1000 euros."""
    assert {product.category for product in products()} == set(CATEGORIES)
    assert all(100 < product.price_cents < 100_000 for product in products())
