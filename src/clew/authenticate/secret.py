"""The secret of a key: 256 random bits behind a prefix that scanners for leaked secrets can look for."""

import hashlib
import re
import secrets

_PREFIX = "clew_"
_SECRET_BYTES = 32
_SECRET = re.compile(r"clew_[A-Za-z0-9_-]{43}")


def new_secret() -> str:
    """A secret that nobody has seen yet: `clew_` and 43 characters."""
    return _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)


def is_secret(text: str) -> bool:
    """Whether it is written like a secret, which costs less than to ask whether it is one."""
    return _SECRET.fullmatch(text) is not None


def digest_of(secret: str) -> str:
    """What is stored in the place of a secret, as hex.

    One round of SHA-256 is enough: there are no likely secrets that somebody could try, unlike with passwords, and a
    slow hash would be paid for by each request.
    """
    return hashlib.sha256(secret.encode("latin-1", "replace")).hexdigest()
