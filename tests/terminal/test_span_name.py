import pytest
from rich.cells import cell_len

from clew.terminal.span_name import shorten_name

GRPC = "shop.inventory.v1.InventoryService/Reserve"


@pytest.mark.parametrize(
    ("name", "width", "shown"),
    [
        ("GET /", 5, "GET /"),
        (GRPC, 42, GRPC),
        (GRPC, 41, "InventoryService/Reserve"),
        ("/" + GRPC, 24, "InventoryService/Reserve"),
        (GRPC, 13, "Inve…/Reserve"),
        ("GET /a/very/long/path/of/things/{id}", 16, "GET /…hings/{id}"),
        ("abcdef", 2, "ab"),
    ],
)
def test_the_telling_parts_of_a_name_stay(name: str, width: int, shown: str) -> None:
    """A gRPC package goes first, then the middle; beginning and end stay."""
    assert shorten_name(name, width) == shown


@pytest.mark.parametrize("ellipsis", ["…", "..."])
@pytest.mark.parametrize("width", range(1, 30))
def test_a_name_never_takes_more_than_its_room(width: int, ellipsis: str) -> None:
    """Wide characters count as two columns and aren't cut in half."""
    for name in ("世界" * 20, "🧶a" * 20, GRPC):
        assert cell_len(shorten_name(name, width, ellipsis)) <= width
