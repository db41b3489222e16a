from typing import Any, cast

import pytest
from litestar import Request

from clew.api.refusals import AnyRequest
from clew.api.who import who_asks
from clew.authenticate.grant import Grant
from clew.authenticate.key import ALL_RIGHTS, ANONYMOUS
from clew.errors import BadQuery


def request(client: tuple[str, int] | None, key: str = ANONYMOUS) -> AnyRequest:
    """A request from there, with that key."""
    scope: dict[str, Any] = {"type": "http", "client": client, "headers": [], "path": "/", "query_string": b""}
    return Request(cast("Any", scope | {"clew.grant": Grant(key, "home", ALL_RIGHTS)}))


def test_the_address_is_added() -> None:
    """Alone, when nobody says a name."""
    here = request(("10.0.0.1", 5))
    assert who_asks("ann", here) == "ann (10.0.0.1)"
    assert who_asks("", here) == "10.0.0.1"
    assert who_asks("ann", request(None)) == "ann (unknown)"


def test_the_key_is_named() -> None:
    """Beside what the client says, which it may say of itself."""
    here = request(("10.0.0.1", 5), "ops")
    assert who_asks("ann", here) == "ann (key ops, 10.0.0.1)"
    assert who_asks("", here) == "key ops, 10.0.0.1"


def test_a_name_has_an_end() -> None:
    """It is kept for ever."""
    with pytest.raises(BadQuery, match="200 are the most"):
        who_asks("a" * 201, request(None))
