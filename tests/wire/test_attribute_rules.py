from typing import Any

import pytest

from clew.errors import ConfigurationError
from clew.wire.attribute_rules import SECRET_BYTES, AttributeRule, Replacement, ready_rules

SECRET = b"s" * SECRET_BYTES


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"action": "drop"}, "would take every value"),
        ({"action": "drop", "places": ()}, "would take every value"),
        ({"action": "drop", "key": "a", "places": ()}, "no places"),
        ({"action": "erase", "key": "a"}, "'erase' is no action; there are: drop, hash, mask"),
        ({"action": "drop", "key": "a", "places": ("span", "body")}, "'body' is no place; there are: resource, scope"),
        ({"action": "drop", "key": "a", "key_regex": "b"}, "key and key_regex"),
        ({"action": "mask", "pattern": "email", "regex": "b"}, "pattern and regex"),
        ({"action": "mask", "pattern": "phone"}, "'phone' is no pattern; there are: bearer, card, email, ipv4"),
        ({"action": "mask", "regex": "(a+)+"}, "may only come last"),
        ({"action": "mask", "key_regex": "("}, "no regular expression"),
    ],
)
def test_a_wrong_rule_is_named_with_its_fault(wrong: dict[str, Any], message: str) -> None:
    """The message has the rule's name and what to write instead."""
    with pytest.raises(ConfigurationError, match=f"(?s)^mine: .*{message}"):
        ready_rules([AttributeRule(name="mine", **wrong)])


def test_a_rule_without_a_name_is_called_by_its_number() -> None:
    """The second of two rules is `rule 2`."""
    ready = ready_rules([AttributeRule("drop", key="a"), AttributeRule("drop", key="b")])
    assert [rule.name for rule in ready] == ["rule 1", "rule 2"]


def test_two_rules_with_one_name_are_refused() -> None:
    """Their counts could not be told apart."""
    with pytest.raises(ConfigurationError, match="two rules are called 'x'"):
        ready_rules([AttributeRule("drop", name="x", key="a"), AttributeRule("drop", name="x", key="b")])


@pytest.mark.parametrize(
    ("chosen", "key", "expected"),
    [
        ({"key": "user.*"}, "user.id", True),
        ({"key": "user.*"}, "my.user.id", False),
        ({"key": "*token*"}, "x.token", True),
        ({"key": "USER"}, "user", False),
        ({"key_regex": "user[.]id"}, "user.id", True),
        ({"key_regex": "user"}, "user.id", False),
        ({"pattern": "email"}, "anything", True),
    ],
)
def test_keys_are_chosen_by_glob_or_regex(chosen: dict[str, str], key: str, expected: bool) -> None:
    """The whole key has to match; a rule without key takes all."""
    [rule] = ready_rules([AttributeRule("drop", **chosen)])  # type: ignore[arg-type]  # only texts are given here
    assert rule.takes_key(key) is expected


def test_services_narrow_a_rule_down() -> None:
    """A rule with services takes those that match one of its globs, and one that isn't known."""
    [rule] = ready_rules([AttributeRule("drop", key="a", services=("shop-*", "cart"))])
    assert [rule.takes_service(name) for name in ("shop-web", "cart", "carts", "", None)] == [
        True,
        True,
        False,
        False,
        True,
    ]


def test_hashes_are_equal_for_equal_values_and_secrets_only() -> None:
    """The same text has the same hash; another text, or another secret, has another."""
    one, other = Replacement(SECRET), Replacement(b"t" * SECRET_BYTES)
    assert one.replace("hash", "ann") == Replacement(SECRET).replace("hash", "ann")
    assert len({one.replace("hash", "ann"), one.replace("hash", "bob"), other.replace("hash", "ann")}) == 3
    assert one.replace("mask", "ann") == "***"


def test_a_short_secret_is_refused() -> None:
    """A secret that could be guessed is none."""
    with pytest.raises(ValueError, match="32 bytes"):
        Replacement(b"short")
