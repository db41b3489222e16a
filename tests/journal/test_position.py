import pytest

from clew.journal.position import Position, position_key, read_position
from clew.journal.record import KEY_BYTES
from tests.journal.appends import key_of

SOURCE = b"sixteen of these"


@pytest.mark.parametrize("number", [0, 1, 2**40, 2**63 - 1])
def test_a_position_comes_back_from_its_key(number: int) -> None:
    """A key holds source and number, in as many bytes as any key."""
    key = position_key(SOURCE, number)
    assert len(key) == KEY_BYTES
    assert read_position(key) == Position(SOURCE, number)


def test_keys_of_one_source_sort_by_number() -> None:
    """A later position is a larger key."""
    numbers = [0, 1, 255, 256, 2**32, 2**40]
    assert sorted(position_key(SOURCE, number) for number in numbers) == [position_key(SOURCE, n) for n in numbers]


def test_other_keys_are_no_positions() -> None:
    """A key that doesn't begin with the mark says nothing."""
    assert read_position(key_of(7)) is None


def test_a_source_of_another_length_is_refused() -> None:
    """A source must have its 16 bytes, or the key would be another's."""
    with pytest.raises(ValueError, match="16 bytes"):
        position_key(b"short", 1)
