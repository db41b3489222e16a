import random

import pytest

from clew.errors import StoreError
from clew.store.native_blocks import read_columns
from tests.data_plane import DataPlane

_TYPES = (
    "SELECT toFixedString(char(0, 0, 0, 0, 0, 0, 1, number % 256), 8), toUInt64(number) * 3, toInt64(number) - 5,"
    " toInt32(number % 7) - 3, toUInt8(number % 3),"
    " toLowCardinality(concat('s', toString(number % {kinds:UInt32}))) FROM numbers({rows:UInt64})"
)


@pytest.mark.parametrize(("rows", "kinds"), [(0, 1), (1, 1), (1000, 300), (200_000, 70_000)])
def test_columns_are_what_the_engine_selected(data_plane: DataPlane, rows: int, kinds: int) -> None:
    """Every type, over no, one and many blocks, with dictionaries of one, two and four bytes."""
    native = data_plane.engine.read_native(_TYPES, {"rows": rows, "kinds": kinds})
    numbers, (texts,) = read_columns(native, 5, 1)
    # The engine may send blocks in any order.
    order = numbers[1].argsort() if rows else []
    expected = range(rows)
    assert [numbers[1][place] for place in order] == [number * 3 for number in expected]
    assert [numbers[0][place] for place in order] == [256 + number % 256 for number in expected]
    assert [numbers[2][place] for place in order] == [number - 5 for number in expected]
    assert [numbers[3][place] for place in order] == [number % 7 - 3 for number in expected]
    assert [numbers[4][place] for place in order] == [number % 3 for number in expected]
    assert [texts.values[texts.codes[place]] for place in order] == [b"s%d" % (n % kinds) for n in expected]
    assert list(texts.values) == sorted(set(texts.values))


def test_random_texts_come_back(data_plane: DataPlane) -> None:
    """Empty, long and odd texts, none of them changed."""
    rng = random.Random(1)
    words = ["", "x" * 5000, "ünï", "\0", *(f"{rng.random()}" for _ in range(300))]
    native = data_plane.engine.read_native(
        "SELECT toLowCardinality(arrayJoin({words:Array(String)})) AS word", {"words": words}
    )
    _, (texts,) = read_columns(native, 0, 1)
    assert sorted(texts.values[code].decode() for code in texts.codes) == sorted(words)


def test_other_types_and_other_columns_are_refused(data_plane: DataPlane) -> None:
    """A type without an array, and another number of columns, are errors of the store."""
    with pytest.raises(StoreError, match="String"):
        read_columns(data_plane.engine.read_native("SELECT toString(1)"), 1, 0)
    with pytest.raises(StoreError, match="2 columns, not 1"):
        read_columns(data_plane.engine.read_native("SELECT toUInt8(1), toUInt8(2)"), 1, 0)
