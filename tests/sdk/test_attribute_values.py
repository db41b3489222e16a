import decimal
import enum
from typing import Any

import pytest

from clew.sdk.attribute_values import clean_value, put, put_all


class _Colour(enum.StrEnum):
    RED = "red"


class _Level(enum.IntEnum):
    HIGH = 3


class _Nameless:
    pass


class _Rude:
    def __str__(self) -> str:
        raise RuntimeError("not now")


class _Foreign:
    """An integer of another library, such as numpy's."""

    def __index__(self) -> int:
        return 7


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("text", "text"),
        (True, True),
        (4, 4),
        (2.0, 2.0),
        (b"\0", b"\0"),
        (None, None),
        (_Colour.RED, "red"),
        (_Level.HIGH, 3),
        (bytearray(b"ab"), b"ab"),
        ([1, "a", [True]], (1, "a", (True,))),
        ({"a": {"b": [1]}, "": 1, 2: 3}, {"a": {"b": (1,)}}),
        (_Foreign(), 7),
        (decimal.Decimal("1.50"), "1.50"),
        (range(3), (0, 1, 2)),
    ],
)
def test_a_value_becomes_one_of_the_protocol(given: object, kept: object) -> None:
    """What the protocol knows is kept as it is; the rest as the number or the text that it stands for."""
    cleaned = clean_value(given, None)
    assert cleaned == kept
    assert type(cleaned) is type(kept)


@pytest.mark.parametrize("value", [_Nameless(), _Rude(), [_Rude()]])
def test_what_has_no_text_is_kept_as_nothing(value: object, caplog: pytest.LogCaptureFixture) -> None:
    """The application doesn't fail for it, and its log tells of the type."""
    assert clean_value(value, None) in (None, (None,))
    assert caplog.text


def test_later_changes_of_a_list_are_none_of_the_spans() -> None:
    """What was given is what was there at that moment."""
    given: list[Any] = [1, {"a": [2]}]
    kept = clean_value(given, None)
    given[1]["a"].append(3)
    given.append(4)
    assert kept == (1, {"a": (2,)})


def test_a_list_that_holds_itself_comes_to_an_end() -> None:
    """It is cut off at some depth."""
    endless: list[Any] = []
    endless.append(endless)
    assert "…" in str(clean_value(endless, None))


def test_texts_are_cut_wherever_they_are() -> None:
    """In lists and maps as well; bytes and numbers are not."""
    assert clean_value({"a": ["abcdef", b"abcdef", 123456]}, 3) == {"a": ("abc", b"abcdef", 123456)}
    assert clean_value(decimal.Decimal("1.23456"), 3) == "1.2"


def test_the_oldest_gives_way_to_one_too_many() -> None:
    """A key that is there already takes no more room, and becomes the newest."""
    target: dict[str, Any] = {}
    assert put_all(target, {"a": 1, "b": 2}, 2, None) == 0
    assert put(target, "a", 3, 2, None) == 0
    assert put(target, "c", 4, 2, None) == 1
    assert target == {"a": 3, "c": 4}


@pytest.mark.parametrize("key", ["", None, 1])
def test_what_is_no_key_is_left_out_and_counted(key: object, caplog: pytest.LogCaptureFixture) -> None:
    """An empty one, and one that is no text."""
    target: dict[str, Any] = {}
    assert put(target, key, 1, None, None) == 1
    assert not target
    assert "key" in caplog.text


def test_no_room_at_all_keeps_nothing() -> None:
    """A limit of zero is one."""
    target: dict[str, Any] = {}
    assert put_all(target, {"a": 1, "b": 2}, 0, None) == 2
    assert not target
