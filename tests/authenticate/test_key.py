import json

import pytest

from clew.authenticate.key import Key, KeyLimits, check_key, decode_key, encode_key
from clew.errors import ConfigurationError
from tests.authenticate.keys import make_key


def test_a_key_is_read_as_it_was_written() -> None:
    """All fields come back, and the secret is not among what is written."""
    key, secret = make_key(
        rights=("send", "read"), services=("cart",), limits=KeyLimits(spans_per_s=5), expires_unix_nano=9
    )
    written = encode_key(key)
    assert decode_key(written) == key
    assert secret.encode() not in written


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{}",
        b"\xff",
        b"[]",
        b'{"name": 1}',
    ],
)
def test_what_is_no_key_is_refused(broken: bytes) -> None:
    """Bytes that aren't a whole key are a configuration error."""
    with pytest.raises(ConfigurationError, match="not a key that this version"):
        decode_key(broken)


@pytest.mark.parametrize(("field", "value"), [("only_on_mondays", True), ("format", 2), ("digest", "00")])
def test_a_key_with_unknown_restrictions_is_refused(field: str, value: object) -> None:
    """A key of a later version is not accepted with fewer restrictions than it has."""
    fields = json.loads(encode_key(make_key()[0]))
    with pytest.raises(ConfigurationError):
        decode_key(json.dumps(fields | {field: value}).encode())


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": "../up"}, "can't name a key"),
        ({"name": ".hidden"}, "can't name a key"),
        ({"name": "anonymous"}, "can't name a key"),
        ({"tenant": "A/B"}, "can't name a tenant"),
        ({"rights": ()}, "without any right"),
        ({"limits": KeyLimits(spans_per_s=0)}, "lets nothing through"),
        ({"services": ("",)}, "without a name"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(fields: dict[str, object], reason: str) -> None:
    """Names that lead out of the directory, no rights and limits of nothing are told."""
    key, _ = make_key(**fields)  # type: ignore[arg-type]  # each case gives the types of its fields
    with pytest.raises(ConfigurationError, match=reason):
        check_key(key)


def test_a_key_is_over_when_its_time_has_come_or_somebody_says_so() -> None:
    """A key expires at its moment, not before; a revoked one is revoked even so."""

    def state(now: int, **fields: int) -> str:
        return Key("a", "t", "0" * 64, frozenset(), 0, **fields).state(now)  # type: ignore[arg-type]  # only moments

    assert [state(9), state(9, expires_unix_nano=10), state(10, expires_unix_nano=10)] == [
        "active",
        "active",
        "expired",
    ]
    assert state(10, expires_unix_nano=10, revoked_unix_nano=1) == "revoked"
