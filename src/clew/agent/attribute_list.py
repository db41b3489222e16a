"""Attributes as somebody writes them into a setting: `key=value`, as in OTEL_RESOURCE_ATTRIBUTES."""

from collections.abc import Iterable
from urllib.parse import unquote

from clew.errors import ConfigurationError


def parse_attributes(items: Iterable[str]) -> dict[str, str]:
    """The attributes by key; `%2C` and the like in values are decoded. Raises ConfigurationError."""
    attributes: dict[str, str] = {}
    for item in items:
        key, separator, value = item.partition("=")
        if not separator or not key.strip():
            raise ConfigurationError(f"attributes has {item[:80]!r}; write key=value, such as team=checkout")
        attributes[key.strip()] = unquote(value.strip())
    return attributes
