import pytest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from clew.store.told_probability import probability_of


def attribute(key: str, **value: str | float | bool) -> bytes:
    """An encoded attribute."""
    pair = KeyValue(key=key)
    for kind, each in value.items():
        setattr(pair.value, kind, each)
    return pair.SerializeToString()


KIND = attribute("sampler.type", string_value="probabilistic")


@pytest.mark.parametrize(
    ("told", "probability"),
    [
        (b"", 0),
        (b"8", 0.5),
        (b"ffffffffffffff", 2**-56),
        (b"0", 1),
        (KIND + attribute("sampler.param", double_value=0.25), 0.25),
        (attribute("sampler.param", string_value="0.25") + KIND, 0.25),
        (b"c" + KIND + attribute("sampler.param", double_value=0.5), 0.25),
        (b"8" + attribute("sampler.type", string_value="lowerbound"), 0),
        (attribute("sampler.param", double_value=0.5), 0),
        (KIND + attribute("sampler.param", double_value=float("nan")), 0),
        (KIND + attribute("sampler.param", string_value="often"), 0),
        (KIND + attribute("sampler.param", bool_value=True), 0),
        (KIND + attribute("sampler.param", double_value=5e-324), 0),
        (KIND + attribute("sampler.param", double_value=2**-56), 2**-56),
        (KIND + attribute("sampler.param"), 0),
        (KIND + attribute("sampler.types", string_value="lowerbound") + attribute("sampler.param", int_value=1), 1),
    ],
)
def test_the_probability_is_what_is_told(told: bytes, probability: float) -> None:
    """From the threshold, else from Jaeger's attributes; 0 where there is none, or none that can be."""
    assert probability_of(told) == probability


def test_the_first_of_two_attributes_counts() -> None:
    """As everywhere else, a key that is there twice has its first value."""
    told = KIND + attribute("sampler.param", double_value=0.5) + attribute("sampler.param", double_value=0.1)
    assert probability_of(told) == 0.5
