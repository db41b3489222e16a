from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from clew.store.encoded_attributes import read_attributes
from tests.otlp_requests import SCALARS

PAIRS = st.builds(KeyValue, key=st.text(max_size=200), value=SCALARS)


def text_of(pair: KeyValue) -> str:
    """What the pair's value is as text."""
    kind = pair.value.WhichOneof("value")
    if kind == "bool_value":
        return "true" if pair.value.bool_value else "false"
    return "" if kind in (None, "bytes_value") else str(getattr(pair.value, kind))


@given(st.lists(PAIRS, max_size=5))
def test_attributes_that_stand_behind_each_other_are_told_apart(pairs: list[KeyValue]) -> None:
    """Any keys and values come back in their order; a value that is no text, number or boolean is empty."""
    encoded = b"".join(pair.SerializeToString() for pair in pairs)
    assert read_attributes(encoded) == [(pair.key, text_of(pair)) for pair in pairs if pair.ByteSize()]


def test_a_key_without_a_value_is_followed_by_the_next() -> None:
    """A value may be missing, and a long one has a length of several bytes."""
    encoded = b"\x0a\x01a" + KeyValue(key="b" * 300).SerializeToString() + b"\x0a\x01c\x12\x03\x0a\x01d"
    assert read_attributes(encoded) == [("a", ""), ("b" * 300, ""), ("c", "d")]
