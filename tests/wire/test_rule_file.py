import pytest

from clew.errors import ConfigurationError
from clew.wire.attribute_rules import AttributeRule
from clew.wire.rule_file import parse_rules, read_rules


def test_rules_are_read_from_toml_beside_other_things() -> None:
    """Every key of a rule is taken; what else the file has is none of its business."""
    text = """
    host = "127.0.0.1"
    [[rules]]
    action = "drop"
    key = "user.*"
    [[rules]]
    name = "cards"
    action = "mask"
    pattern = "card"
    places = ["span", "log"]
    services = ["shop-*"]
    """
    assert parse_rules(text) == (
        AttributeRule("drop", key="user.*"),
        AttributeRule("mask", name="cards", pattern="card", places=("span", "log"), services=("shop-*",)),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rules = 1", "list of tables"),
        ("rules = [1]", "rule 1 is no table"),
        (
            "[[rules]]\nname = 'x'\naction = 'drop'\nkeys = 'a'",
            "x: keys is no key of a rule; there are: action,",
        ),
        ("[[rules]]\nkey = 'a'", "rule 1: .*action"),
        ("[[rules]]\naction = 1\nkey = 'a'", "rule 1: Expected `str`, got `int` - at `.*action"),
        (
            "[[rules]]\naction = 'drop'\nkey = 'a'\nplaces = 'span'",
            "rule 1: Expected `array`, got `str` - at `.*places",
        ),
        ("[[rules]\n", "no valid TOML|not valid TOML"),
        ("host = 'x'", "it has no rules"),
    ],
)
def test_a_mistake_is_named_with_its_rule(text: str, message: str) -> None:
    """Which rule, which key, and what there is."""
    with pytest.raises(ConfigurationError, match=message):
        parse_rules(text)


def test_no_rules_are_no_mistake() -> None:
    """An empty list has no rules."""
    assert read_rules([]) == ()
