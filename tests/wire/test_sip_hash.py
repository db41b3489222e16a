import pytest

from clew.wire.sip_hash import sip_hash_64


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        # By ClickHouse: SELECT sipHash64('') and so on.
        (b"", 0x1E924B9D737700D7),
        (b"a", 0x96C20860CD93A249),
        (b"01234567", 0x4B9C5A69D9E4BDC2),
        (b"0123456789abcdefg", 0x5750B4E493173815),
    ],
)
def test_it_is_the_hash_that_clickhouse_has(data: bytes, expected: int) -> None:
    """Of texts shorter than a word, of exactly one and of more."""
    assert sip_hash_64(data) == expected
