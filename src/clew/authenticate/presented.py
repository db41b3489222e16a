"""The secret that a request presents, wherever the protocol has a place for one."""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass

from clew.authenticate.secret import is_secret
from clew.errors import Unauthenticated

KEY_HEADER = b"x-clew-key"
_AUTHORIZATION = b"authorization"
_SKYWALKING = b"authentication"
"""What agents of SkyWalking call the same thing."""
_PREFIX = b"clew_"
_MAX_HEADER_BYTES = 512
"""Four times of what a key takes, as the longer of name and password in base64; longer ones aren't looked at."""

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Presented:
    """`secret` is written like one, or None; `is_something` when a header was there at all."""

    secret: str | None
    is_something: bool

    def __repr__(self) -> str:
        return f"Presented({'a secret' if self.secret else 'none'})"


def read_presented(headers: Headers) -> Presented:
    """Read it from headers with lower-case names, or from gRPC metadata.

    Raises Unauthenticated when it isn't clear which secret is meant: two readers of one request, such as a proxy and
    Clew, must not see two callers in it.
    """
    values: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in (KEY_HEADER, _AUTHORIZATION, _SKYWALKING):
            if name in values:
                raise Unauthenticated(f"the header {name.decode()} is there twice; send it once")
            values[name] = value
    secrets = {secret for name, value in values.items() for secret in _secrets_or_refuse(name, value)}
    if len(secrets) > 1:
        raise Unauthenticated("the request presents two different keys; send one")
    return Presented(next(iter(secrets), None), bool(values))


def _secrets_or_refuse(name: bytes, value: bytes) -> list[str]:
    """Raises Unauthenticated for what is meant as a key and isn't: half of one, or two, as doors join headers."""
    secrets = _secrets_in(name, value)
    if not secrets and _PREFIX in value:
        raise Unauthenticated("what was sent as a key isn't written like one, or is several; send one, whole")
    return secrets


def _secrets_in(name: bytes, value: bytes) -> list[str]:
    if len(value) > _MAX_HEADER_BYTES:
        return []
    text = value.decode("latin-1").strip()
    scheme, _, rest = text.partition(" ")
    if name == _AUTHORIZATION and scheme.lower() == "basic":
        candidates = _user_and_password(rest.strip())
    elif name == _AUTHORIZATION and scheme.lower() == "bearer":
        candidates = [rest.strip()]
    else:
        candidates = [text]
    return [candidate for candidate in candidates if is_secret(candidate)]


def _user_and_password(encoded: str) -> list[str]:
    """Both: some programs have a place for a password only, others want a user's name."""
    try:
        text = base64.b64decode(encoded, validate=True).decode("latin-1")
    except (binascii.Error, ValueError):
        return []
    user, _, password = text.partition(":")
    return [user, password]
