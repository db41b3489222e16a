import pytest

from clew.agent.attribute_list import parse_attributes
from clew.errors import ConfigurationError


def test_attributes_are_keys_and_values() -> None:
    """A value may hold anything: equals signs as they are, commas percent-encoded."""
    items = ["team=checkout", " deployment.environment.name = prod ", "note=a=b%2Cc", "empty="]
    assert parse_attributes(items) == {
        "team": "checkout",
        "deployment.environment.name": "prod",
        "note": "a=b,c",
        "empty": "",
    }


@pytest.mark.parametrize("item", ["team", "=checkout", ""])
def test_what_is_no_attribute_is_refused(item: str) -> None:
    """The message shows it, and how one is written."""
    with pytest.raises(ConfigurationError, match="write key=value"):
        parse_attributes([item])
