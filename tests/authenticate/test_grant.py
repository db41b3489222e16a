import pytest

from clew.authenticate.grant import Grant, anonymous
from clew.authenticate.key import Right
from clew.errors import PermissionDenied


def _grant(*rights: Right, services: frozenset[str] = frozenset()) -> Grant:
    return Grant("shop", "t", frozenset(rights), services)


def test_a_right_that_is_missing_is_told() -> None:
    """The refusal names the key and how to get the right; the one that is there is no matter."""
    grant = _grant(Right.SEND)
    grant.require(Right.SEND)
    with pytest.raises(PermissionDenied, match=r"key shop doesn't allow to read; .* --read"):
        grant.require(Right.READ)
    with pytest.raises(PermissionDenied, match="without a key"):
        anonymous("t", frozenset({Right.READ})).require(Right.ADMIN)


def test_an_admin_may_do_everything() -> None:
    """The right of an admin stands for all others."""
    for right in Right:
        _grant(Right.ADMIN).require(right)


def test_only_the_services_of_a_key_may_be_sent() -> None:
    """One foreign or nameless service refuses all of it, by name; a key without services is for any."""
    _grant(Right.SEND).require_services(["cart", None])
    grant = _grant(Right.SEND, services=frozenset({"cart", "shop"}))
    grant.require_services(["cart", "shop"])
    with pytest.raises(PermissionDenied, match="isn't for the service 'admin'"):
        grant.require_services(["cart", "admin"])
    with pytest.raises(PermissionDenied, match=r"no service\.name"):
        grant.require_services([None])
    with pytest.raises(PermissionDenied) as refused:
        grant.require_services(["x" * 10_000])
    assert len(str(refused.value)) < 300
