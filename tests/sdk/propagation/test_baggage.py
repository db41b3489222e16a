from opentelemetry.baggage import get_all
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context

from clew.sdk.propagation.baggage import BaggagePropagator
from clew.sdk.propagation.carriers import PAIRS_GETTER
from tests.sdk.propagation.contexts import context_of, headers_of

_OURS = BaggagePropagator()


def test_entries_go_both_ways_and_to_the_api() -> None:
    """Spaces, plus signs, commas and letters of all scripts, for readers who know `+` and for those who don't."""
    entries = {"a": "x y", "b": "1+1=2", "c": "ü,;", "d": ""}
    headers = headers_of(_OURS, context_of(baggage=entries))
    assert headers == {"baggage": "a=x%20y,b=1%2B1%3D2,c=%C3%BC%2C%3B,d="}
    assert _OURS.fields == set(headers)
    for reader in (_OURS, W3CBaggagePropagator()):
        assert get_all(reader.extract(headers, Context())) == entries


def test_entries_may_come_in_several_headers() -> None:
    """All of them count, on top of what the context has; what is no entry is left out."""
    pairs = [("baggage", "a=1,b=2;prop=x"), ("Baggage", " c = 3 ,=,d")]
    context = _OURS.extract(pairs, context_of(baggage={"a": "0", "z": "9"}), PAIRS_GETTER)
    assert get_all(context) == {"a": "1", "b": "2;prop=x", "c": "3", "z": "9"}


def test_half_of_a_surrogate_pair_raises_nothing() -> None:
    """An environment with bytes that are no UTF-8 holds such; neither reading nor writing it fails."""
    context = context_of(baggage={"a": "\udcff"})
    assert headers_of(_OURS, context) == {}
    assert _OURS.extract({"baggage": "a=\udcff"}, context) is context


def test_a_value_that_can_not_be_read_raises_nothing() -> None:
    """Values may be anything, also something whose text can't be had."""

    class Broken:
        def __str__(self) -> str:
            raise ValueError

    assert headers_of(_OURS, context_of(baggage={"a": Broken()})) == {}
    assert headers_of(_OURS, context_of(baggage={"a": 7})) == {"baggage": "a=7"}


def test_the_limits_of_the_format_hold() -> None:
    """Spaces that would make the header too long stay plus signs, as the API writes them."""
    headers = headers_of(_OURS, context_of(baggage={"a": " " * 4000, "b": " " * 4000, "c": "x" * 4000}))
    assert headers == {"baggage": f"a={'+' * 4000},b={'+' * 4000}"}
    many = headers_of(_OURS, context_of(baggage={f"k{number}": "" for number in range(200)}))
    assert many["baggage"].count("=") == 180
