"""A key as it is stored: whose it is, what it allows, how much and for how long; never the secret itself."""

import re
from enum import StrEnum

import msgspec

from clew.errors import ConfigurationError

KEY_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
TENANT_NAME = re.compile(r"[a-z0-9_.-]{1,64}")
"""It is part of the names of the journal's segments."""
ANONYMOUS = "anonymous"
FORMAT = 1


class Right(StrEnum):
    """What a key may be good for."""

    SEND = "send"
    READ = "read"
    METRICS = "metrics"
    ADMIN = "admin"


ALL_RIGHTS = frozenset(Right)


class KeyLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be sent with a key; None is no limit beyond those that hold for everybody.

    `span_bytes` (encoded) and `attributes` are about one span or log record.
    """

    spans_per_s: int | None = None
    bytes_per_s: int | None = None
    span_bytes: int | None = None
    attributes: int | None = None


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One key. `digest` is the SHA-256 of its secret in hex; no `services` means any; moments are Unix ns.

    Unknown fields are an error: they would be restrictions that this version doesn't know of.
    """

    name: str
    tenant: str
    digest: str
    rights: frozenset[Right]
    created_unix_nano: int
    services: tuple[str, ...] = ()
    limits: KeyLimits = KeyLimits()
    expires_unix_nano: int | None = None
    revoked_unix_nano: int | None = None
    format: int = FORMAT

    def state(self, now_unix_nano: int) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_unix_nano is not None:
            return "revoked"
        is_over = self.expires_unix_nano is not None and self.expires_unix_nano <= now_unix_nano
        return "expired" if is_over else "active"


def check_key(key: Key) -> Key:
    """The key itself. Raises ConfigurationError that says what is wrong with it."""
    if KEY_NAME.fullmatch(key.name) is None or key.name == ANONYMOUS:
        rule = f"1 to 64 of a-z, 0-9, _, . and -, the first a letter or digit, and not {ANONYMOUS}"
        raise ConfigurationError(f"{key.name!r} can't name a key; take {rule}")
    if TENANT_NAME.fullmatch(key.tenant) is None:
        raise ConfigurationError(f"{key.tenant!r} can't name a tenant; take 1 to 64 of a-z, 0-9, _, . and -")
    if not key.rights:
        raise ConfigurationError("a key without any right is good for nothing; give it one")
    for each in (key.limits.spans_per_s, key.limits.bytes_per_s, key.limits.span_bytes, key.limits.attributes):
        if each is not None and each < 1:
            raise ConfigurationError(f"a limit of {each} lets nothing through; take 1 or more, or revoke the key")
    if any(not service for service in key.services):
        raise ConfigurationError("a service without a name can't be allowed; name it")
    return key


def encode_key(key: Key) -> bytes:
    """The key as JSON, for people too."""
    return msgspec.json.format(msgspec.json.encode(key), indent=2) + b"\n"


def decode_key(encoded: bytes) -> Key:
    """The key. Raises ConfigurationError when it isn't one that this version understands in full."""
    try:
        key = msgspec.json.decode(encoded, type=Key)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"not a key that this version of Clew understands: {error}") from error
    if key.format != FORMAT or re.fullmatch("[0-9a-f]{64}", key.digest) is None:
        raise ConfigurationError("not a key that this version of Clew understands; create it again")
    return check_key(key)
