import asyncio
import doctest
import functools
import inspect
import pickle
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from clew.sdk.call_site import CallSite
from clew.sdk.traced import site_of, traced, wrap_function
from tests.sdk.kept_spans import Kept


@traced
def double(number: int) -> int:
    """Twice as much.

    >>> double(2)
    4
    """
    assert number >= 0
    return 2 * number


class _Cart:
    @traced(arguments=["sku"])
    def add(self, sku: str, quantity: int = 1) -> int:
        return quantity

    @traced
    @staticmethod
    def empty() -> str:
        return "empty"

    @classmethod
    @traced("made")
    def make(cls) -> "type[_Cart]":
        return cls

    @traced
    @classmethod
    def make_again(cls) -> "type[_Cart]":
        return cls

    @traced  # type: ignore[prop-decorator]  # mypy knows no decorators of properties
    @property
    def total(self) -> int:
        """In cents."""
        return 7

    @traced  # type: ignore[prop-decorator]  # as above
    @functools.cached_property
    def tax(self) -> int:
        return 1


def test_each_call_has_a_span(kept: Kept) -> None:
    """With the function's name, in its module's scope, and where to find it."""
    assert double(2) == 4
    [span] = kept.spans
    assert (span.name, span.kind) == ("double", SpanKind.INTERNAL)
    assert span.attributes == {"code.function.name": f"{__name__}.double"}
    assert span.instrumentation_scope.name == __name__


def test_name_kind_and_attributes_may_be_given(kept: Kept) -> None:
    """And arguments by name."""

    @traced(name="pay", kind=SpanKind.CLIENT, attributes={"a": 1}, arguments="order_id")
    def pay(order_id: int) -> None:
        trace.get_current_span().set_attribute("b", 2)

    pay(order_id=5)
    [span] = kept.spans
    assert (span.name, span.kind) == ("pay", SpanKind.CLIENT)
    assert dict(span.attributes).items() >= {"a": 1, "b": 2, "order_id": 5}.items()


def test_methods_of_all_sorts_and_properties_are_decorated(kept: Kept) -> None:
    """In either order with what makes them one."""
    cart = _Cart()
    assert (cart.add("pen", 3), cart.empty(), _Cart.make(), _Cart.make_again()) == (3, "empty", _Cart, _Cart)
    assert (cart.total, cart.tax, cart.tax) == (7, 1, 1)
    assert kept.names == ["_Cart.add", "_Cart.empty", "made", "_Cart.make_again", "_Cart.total", "_Cart.tax"]
    assert kept.spans[0].attributes["sku"] == "pen"
    assert _Cart.total.__doc__ == "In cents."


def test_an_error_goes_on_and_is_the_status(kept: Kept) -> None:
    """The same error, once."""
    with pytest.raises(AssertionError):
        double(-1)
    assert kept.spans[0].status.status_code is StatusCode.ERROR
    assert len(kept.spans[0].events) == 1


def test_a_coroutines_span_lasts_as_long_as_it_does(kept: Kept) -> None:
    """Each of those that run at the same time is the parent of its own."""

    @traced("below")
    async def below() -> int:
        await asyncio.sleep(0)
        return trace.get_current_span().get_span_context().span_id

    @traced("above")
    async def above() -> int:
        await asyncio.sleep(0)
        await below()
        return trace.get_current_span().get_span_context().span_id

    async def main() -> list[int]:
        return list(await asyncio.gather(above(), above()))

    ids = asyncio.run(main())
    parents = {span.parent.span_id for span in kept.spans if span.name == "below" and span.parent}
    assert parents == set(ids)
    assert {span.context.span_id for span in kept.spans if span.name == "above"} == set(ids)


def test_a_decorated_function_is_what_it_was() -> None:
    """For `inspect`, for pickle, and for doctest, which looks for the functions of a module."""

    @traced
    async def awaited() -> None: ...

    @traced
    def generated() -> Iterator[int]:
        yield 1

    @traced
    async def generated_async() -> AsyncIterator[int]:
        yield 1

    assert inspect.iscoroutinefunction(awaited)
    assert inspect.isgeneratorfunction(generated)
    assert inspect.isasyncgenfunction(generated_async)
    assert str(inspect.signature(double)) == "(number: int) -> int"
    assert pickle.loads(pickle.dumps(double)) is double  # noqa: S301  # bytes of our own
    found = [test for test in doctest.DocTestFinder().find(sys.modules[__name__]) if test.examples]
    assert [test.name.rpartition(".")[2] for test in found] == ["double"]
    assert "return 2 * number" in inspect.getsource(double)


def test_what_cannot_be_decorated_stays_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """A class, for example; and the log says so."""

    class Shop:
        pass

    assert traced(Shop) is Shop
    assert "decorate its methods" in caplog.text


def test_other_callables_are_decorated_too(kept: Kept) -> None:
    """A partial, an object that can be called, a compiled function."""

    class Caller:
        def __call__(self) -> str:
            return "called"

    assert (traced(functools.partial(int, "7"))(), traced(Caller())(), traced(len)("ab")) == (7, "called", 2)
    assert kept.names == ["partial", "test_other_callables_are_decorated_too.Caller", "len"]


def test_without_a_provider_the_function_is_just_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """No argument is looked at either."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)

    class Untouchable:
        def __str__(self) -> str:
            raise AssertionError

    assert _Cart().add(Untouchable(), 2) == 2  # type: ignore[arg-type]  # that is the point


def test_a_site_may_be_made_for_a_function_of_somebody_else(kept: Kept) -> None:
    """As the import hook does."""
    assert site_of(double).name == "double"
    wrapped = wrap_function(double.__wrapped__, CallSite("other", "mine"))  # type: ignore[attr-defined]  # of functools
    assert wrapped(3) == 6
    assert (kept.names, kept.spans[0].instrumentation_scope.name) == (["mine"], "other")
