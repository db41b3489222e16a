import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.trace import StatusCode

from clew.sdk.block import span
from clew.sdk.traced import traced
from tests.sdk.kept_spans import Kept, keeping_provider


@traced
def _echo(first: Any) -> Iterator[Any]:
    """Yields what is sent, or the type of what is thrown; ends at None."""
    sent = first
    while sent is not None:
        try:
            sent = yield sent
        except KeyError as error:
            sent = yield type(error)
    return


@traced
async def _echo_async(first: Any) -> AsyncIterator[Any]:
    sent = first
    while sent is not None:
        await asyncio.sleep(0)
        try:
            sent = yield sent
        except KeyError as error:
            sent = yield type(error)


@traced
def _nested() -> Iterator[str]:
    with span("within"):
        yield "first"
        with span("deep"):
            pass
        yield "second"


def test_a_generators_span_is_current_only_while_it_runs(kept: Kept) -> None:
    """What the caller does between two items isn't part of it, though its time is."""

    @traced
    def names() -> Iterator[bool]:
        yield trace.get_current_span().is_recording()
        with span("below"):
            yield True

    for is_recording in names():
        assert is_recording
        assert not trace.get_current_span().is_recording()
        with span("beside"):
            pass
    spans = {each.name: each for each in kept.spans}
    whole = next(each for name, each in spans.items() if name.endswith("names"))
    assert kept.names == ["beside", "beside", "below", whole.name]
    assert spans["below"].parent == whole.context
    assert spans["beside"].parent is None


def test_a_span_within_a_generator_survives_its_pauses(kept: Kept) -> None:
    """It is current again when the generator goes on."""
    assert list(_nested()) == ["first", "second"]
    spans = {each.name: each for each in kept.spans}
    assert spans["deep"].parent == spans["within"].context
    assert spans["within"].parent == spans["_nested"].context


def test_a_generator_is_sent_to_thrown_into_and_closed_as_before(kept: Kept) -> None:
    """What it returns comes, too."""

    @traced
    def returning() -> Any:
        return (yield from _echo(1))

    generator: Any = _echo(1)
    assert [next(generator), generator.send(2), generator.throw(KeyError()), generator.send(3)] == [1, 2, KeyError, 3]
    generator.close()
    with pytest.raises(StopIteration):
        next(generator)
    generator = returning()
    assert next(generator) == 1
    with pytest.raises(StopIteration):
        generator.send(None)
    assert [each.status.status_code for each in kept.spans] == [StatusCode.UNSET] * 3


def test_an_error_of_a_generator_is_kept_once(kept: Kept) -> None:
    """Whether it is its own or was thrown into it."""

    @traced
    def failing() -> Iterator[int]:
        yield 1
        raise ValueError("own")

    with pytest.raises(ValueError, match="own"):
        list(failing())
    generator: Any = _echo(1)
    next(generator)
    with pytest.raises(OSError, match="thrown"):
        generator.throw(OSError("thrown"))
    assert [each.status.description for each in kept.spans] == ["ValueError: own", "OSError: thrown"]
    assert [len(each.events) for each in kept.spans] == [1, 1]


def test_a_generator_that_is_dropped_has_ended(kept: Kept) -> None:
    """One that was never begun has no span."""
    generator = _echo(1)
    next(generator)
    _echo(2)
    del generator
    gc.collect()
    assert kept.names == ["_echo"]


def test_asynchronous_generators_do_the_same(kept: Kept) -> None:
    """Items, errors thrown in, and closing."""

    async def main() -> None:
        generator: Any = _echo_async(1)
        got = [await generator.asend(None), await generator.asend(2), await generator.athrow(KeyError())]
        assert got == [1, 2, KeyError]
        assert not trace.get_current_span().is_recording()
        await generator.aclose()
        generator = _echo_async(1)
        await generator.asend(None)
        with pytest.raises(ValueError, match="thrown"):
            await generator.athrow(ValueError("thrown"))
        assert [item async for item in _echo_async(1)] == [1]

    asyncio.run(main())
    assert [each.status.status_code.name for each in kept.spans] == ["UNSET", "ERROR", "UNSET"]


def test_without_a_provider_generators_do_what_they_did(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of both kinds."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)

    async def main() -> list[Any]:
        return [item async for item in _echo_async(1)]

    without: Any = traced(lambda: (yield 1))
    assert (list(without()), list(_nested()), list(_echo(None))) == ([1], ["first", "second"], [])
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", keeping_provider()[0])
    assert asyncio.run(main()) == [1]
