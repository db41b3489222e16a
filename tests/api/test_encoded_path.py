from typing import Any, cast

import pytest
from litestar.types import Scope

from clew.api.encoded_path import decode_path_parameter, encoded_path


def scope_of(**fields: Any) -> Scope:
    """A scope with only these fields."""
    return cast("Scope", fields)


def test_the_path_stays_as_it_was_sent() -> None:
    """An encoded slash stays encoded; the query string is no part of the path."""
    assert encoded_path(scope_of(path="/a/b/c", raw_path=b"/a%2Fb/c?d=/e")) == "/a%2Fb/c"


def test_without_a_raw_path_it_is_encoded_again() -> None:
    """A server that passes only the decoded path still routes."""
    assert encoded_path(scope_of(path="/services/ü 1/operations")) == "/services/%C3%BC%201/operations"


@pytest.mark.parametrize(("sent", "text"), [("a%2Fb", "a/b"), ("100%25", "100%"), ("%C3%BC", "ü"), ("a+b", "a+b")])
def test_a_parameter_is_decoded_once(sent: str, text: str) -> None:
    """Percent signs are decoded, plus signs are not: this is a path, not a form."""
    assert decode_path_parameter(sent) == text
