import math
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.query.typed_value import double_text, stored_forms
from tests.data_plane import DataPlane


@pytest.mark.parametrize(
    ("typed", "forms"),
    [
        ("a", ["string=a"]),
        ("", ["string=", "none="]),
        ("True", ["string=True", "bool=true"]),
        ("false", ["string=false", "bool=false"]),
        ("5", ["string=5", "int=5", "double=5"]),
        ("+05", ["string=+05", "int=5", "double=5"]),
        ("1.50", ["string=1.50", "double=1.5"]),
        ("1e3", ["string=1e3", "int=1000", "double=1000"]),
        (".5", ["string=.5", "double=0.5"]),
        ("5.", ["string=5.", "int=5", "double=5"]),
        ("0", ["string=0", "int=0", "double=0", "double=-0"]),
        ("-0.0", ["string=-0.0", "int=0", "double=0", "double=-0"]),
        ("9007199254740993", ["string=9007199254740993", "int=9007199254740993", "double=9007199254740992"]),
        ("9223372036854775809", ["string=9223372036854775809", "double=9223372036854776000"]),
        ("inf", ["string=inf", "double=inf"]),
        ("-Infinity", ["string=-Infinity", "double=-inf"]),
        ("NaN", ["string=NaN", "double=nan"]),
        ("1e400", ["string=1e400"]),
    ],
)
def test_a_typed_text_has_these_forms(typed: str, forms: list[str]) -> None:
    """The text itself as a string, and the number or boolean that it names, as the store writes them."""
    assert stored_forms(typed) == forms


@pytest.mark.parametrize(
    "typed", ["1_000", " 5", "5 ", "٣", "0x10", "1e", "e5", "--5", "1,5", "5\n", "tru", "1e99999999"]
)
def test_what_only_looks_like_a_number_is_a_string(typed: str) -> None:
    """What Python would read generously isn't what a person means."""
    assert stored_forms(typed) == [f"string={typed}"]


@given(typed=st.text(max_size=30) | st.from_regex(r"[+-]?[0-9.eE]{1,40}", fullmatch=True))
def test_any_text_has_forms(typed: str) -> None:
    """Whatever is typed is at least a string, quickly, and never an error."""
    assert stored_forms(typed)[0] == f"string={typed}"


def test_doubles_are_written_as_the_store_writes_them(data_plane: DataPlane) -> None:
    """For doubles of every size the text is the engine's own."""
    rng = random.Random(7)
    numbers = [
        0.0,
        -0.0,
        1e-6,
        9.99e-7,
        1e-7,
        1e21,
        9.999999999999999e20,
        1e22,
        5e-324,
        1.7976931348623157e308,
        2.0**63,
    ]
    numbers += [struct.unpack("<d", rng.randbytes(8))[0] for _ in range(1000)]
    numbers += [rng.uniform(-1, 1) * 10.0 ** rng.randint(-12, 26) for _ in range(1000)]
    numbers += [float(rng.randint(-(2**64), 2**64)) for _ in range(500)]
    numbers = [number for number in numbers if math.isfinite(number)]
    rows = data_plane.engine.read("SELECT arrayMap(x -> toString(x), {x:Array(Float64)})", {"x": numbers})
    assert [double_text(number) for number in numbers] == [text.decode() for text in rows[0][0]]
