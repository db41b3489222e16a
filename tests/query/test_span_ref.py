import pytest

from clew.errors import BadQuery
from clew.query.span_ref import parse_ref, write_ref


@pytest.mark.parametrize(("number", "twin"), [(1, 0), (2**64 - 1, 1), (0xABC, 999_999_999)])
def test_a_ref_can_be_read_again(number: int, twin: int) -> None:
    """What is written is what is read."""
    assert parse_ref(write_ref(number, twin)) == (number.to_bytes(8, "big"), twin)


@pytest.mark.parametrize(
    "ref", ["", "12", "g" * 16, "0" * 17, "0" * 16 + "~", "0" * 16 + "~x", "0" * 16 + "~" + "9" * 10]
)
def test_what_is_no_ref_is_refused(ref: str) -> None:
    """The refusal names the parameter."""
    with pytest.raises(BadQuery, match="span: "):
        parse_ref(ref)
