import pytest

from clew.terminal.count import counted


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 spans"), (1, "1 span"), (2, "2 spans"), (1_234_567, "1,234,567 spans")]
)
def test_one_is_singular(count: int, text: str) -> None:
    """Only one has no `s`; thousands are set apart."""
    assert counted(count, "span") == text
