"""What the shop sells: the same products in every process, made from a few words."""

from collections.abc import Iterator
from dataclasses import dataclass

CATEGORIES = ("lamps", "chairs", "tea", "books", "garden", "wool")
_ADJECTIVES = ("plain", "oak", "copper", "northern", "folding", "little", "evening", "striped", "old", "river")
_NOUNS = {
    "lamps": ("reading lamp", "lantern", "desk light"),
    "chairs": ("stool", "armchair", "bench"),
    "tea": ("green tea", "teapot", "caddy"),
    "books": ("atlas", "field guide", "notebook"),
    "garden": ("watering can", "trowel", "birdhouse"),
    "wool": ("blanket", "jumper", "yarn"),
}


@dataclass(frozen=True, slots=True)
class Product:
    """Prices are in cents of a euro."""

    sku: str
    name: str
    category: str
    price_cents: int


def products() -> Iterator[Product]:
    """Every product, 30 in each category."""
    for category in CATEGORIES:
        for number in range(30):
            noun = _NOUNS[category][number % 3]
            name = f"{_ADJECTIVES[number % 10]} {noun}"
            yield Product(f"{category[:2].upper()}-{number:03d}", name, category, 390 + (number * 7919) % 18_000)


SKUS = tuple(product.sku for product in products())
