from base64 import b64encode

import pytest

from clew.authenticate.presented import read_presented
from clew.errors import Unauthenticated

SECRET, OTHER = f"clew_{'s' * 43}", f"clew_{'o' * 43}"  # the same in all processes that collect these tests
BYTES = SECRET.encode()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"authorization", b"Bearer " + BYTES),
        (b"authorization", b"bearer   " + BYTES + b" "),
        (b"authorization", BYTES),
        (b"authorization", b"Basic " + b64encode(b"clew:" + BYTES)),
        (b"authorization", b"Basic " + b64encode(BYTES + b":")),
        (b"authorization", b"basic " + b64encode(BYTES)),
        (b"x-clew-key", BYTES),
        (b"authentication", BYTES),
    ],
)
def test_every_form_is_read(name: bytes, value: bytes) -> None:
    """A key is taken from a bearer token, basic authentication as user or password, and headers of its own."""
    presented = read_presented([(b"host", b"a"), (name, value)])
    assert presented.secret == SECRET


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"Bearer",
        b"Bearer x",
        b"Basic !!!",
        b"Basic " + b64encode(b"user:password"),
        b"\xff\xfe",
        b"Bearer " + b"a" * 60_000,
    ],
)
def test_what_is_not_written_like_a_key_is_none(value: bytes) -> None:
    """Something was presented, and it is no key: endless, of another scheme, or two in one."""
    presented = read_presented([(b"authorization", value)])
    assert presented.secret is None
    assert presented.is_something


def test_no_header_is_nothing() -> None:
    """Without a header for it nothing was presented."""
    presented = read_presented([(b"cookie", BYTES)])
    assert (presented.secret, presented.is_something) == (None, False)


@pytest.mark.parametrize("name", [b"authorization", b"x-clew-key"])
def test_a_header_that_comes_twice_is_refused(name: bytes) -> None:
    """A proxy may have checked the one and Clew would believe the other, also if both are the same."""
    with pytest.raises(Unauthenticated, match="there twice"):
        read_presented([(name, BYTES), (name, BYTES)])


def test_two_keys_are_refused_wherever_they_are() -> None:
    """Different keys in different headers, or as user and password, are nobody's."""
    with pytest.raises(Unauthenticated, match="two different keys"):
        read_presented([(b"x-clew-key", BYTES), (b"authorization", b"Bearer " + OTHER.encode())])
    with pytest.raises(Unauthenticated, match="two different keys"):
        read_presented([(b"authorization", b"Basic " + b64encode(BYTES + b":" + OTHER.encode()))])


def test_the_credentials_of_a_proxy_may_stand_beside_a_key() -> None:
    """Authorization for somebody else is no second key; the same key twice is one."""
    assert read_presented([(b"x-clew-key", BYTES), (b"authorization", b"Basic dTpw")]).secret == SECRET
    assert read_presented([(b"x-clew-key", BYTES), (b"authorization", b"Bearer " + BYTES)]).secret == SECRET


def test_a_secret_is_not_shown() -> None:
    """What is written into a log by accident has no secret in it."""
    assert SECRET not in repr(read_presented([(b"x-clew-key", BYTES)]))


@pytest.mark.parametrize(
    "value",
    [
        b"Bearer " + BYTES + b", Bearer " + OTHER.encode(),
        BYTES + b", " + BYTES,
        b"Digest " + BYTES,
        b"Bearer " + BYTES[:-1],
        b"Bearer clew_" + b"a" * 60_000,
    ],
)
def test_what_is_meant_as_a_key_and_is_none_is_refused(value: bytes) -> None:
    """Half a key, an endless one, and several headers that were joined on the way aren't passed over in silence."""
    for name in (b"authorization", b"x-clew-key"):
        with pytest.raises(Unauthenticated, match="isn't written like one") as refused:
            read_presented([(name, value), (b"host", b"a")])
        assert SECRET not in str(refused.value)
    with pytest.raises(Unauthenticated):
        read_presented([(b"authorization", value), (b"x-clew-key", BYTES)])
