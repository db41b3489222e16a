"""Attribute rules as somebody wrote them, in TOML: a list of tables called `rules`."""

import tomllib
from collections.abc import Mapping

import msgspec

from clew.errors import ConfigurationError
from clew.wire.attribute_rules import RULE_FIELDS, AttributeRule


def read_rules(entries: object) -> tuple[AttributeRule, ...]:
    """The rules of a decoded `rules` list. Raises ConfigurationError that names the rule and the key."""
    if not isinstance(entries, list):
        raise ConfigurationError("rules are a list of tables; write [[rules]] above each of them")
    return tuple(_read(entry, number) for number, entry in enumerate(entries, start=1))


def parse_rules(text: str) -> tuple[AttributeRule, ...]:
    """The rules of a TOML file, which may hold other things as well. Raises ConfigurationError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"it is not valid TOML: {error}") from error
    if "rules" not in document:
        raise ConfigurationError("it has no rules; write [[rules]] and the keys of a rule below")
    return read_rules(document["rules"])


def _read(entry: object, number: int) -> AttributeRule:
    if not isinstance(entry, Mapping):
        raise ConfigurationError(f"rule {number} is no table; write [[rules]] and its keys below")
    name = entry.get("name") or f"rule {number}"
    for key in entry:
        if key not in RULE_FIELDS:
            raise ConfigurationError(f"{name}: {key} is no key of a rule; there are: {', '.join(RULE_FIELDS)}")
    try:
        return msgspec.convert(dict(entry), AttributeRule)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{name}: {error}") from error
