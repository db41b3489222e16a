from collections.abc import Callable

import pytest

from clew.errors import MalformedInput
from clew.wire.compiled_translation import Translation
from tests.fuzz.decoders import CORPUS, DECODERS, Decoder, run_one
from tests.wire.otlp_samples import make_request

_GOOD = make_request(1).SerializeToString()


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder.name)
def test_the_corpus_does_no_harm(decoder: Decoder) -> None:
    """Each body that the fuzzer kept is taken or refused, and compiled code agrees; some of each."""
    taken = [run_one(decoder, body) for body in decoder.bodies()]
    assert {True, False} == set(taken)


def test_every_corpus_has_its_decoder() -> None:
    """No folder of bodies is left that nothing reads."""
    assert sorted(path.name for path in CORPUS.iterdir()) == sorted(decoder.name for decoder in DECODERS)


def _refuse(body: bytes) -> bytes:
    raise MalformedInput("no")


def _refuse_silently(body: bytes) -> bytes:
    raise MalformedInput("")


def _fall_over(body: bytes) -> bytes:
    raise KeyError("not thought of")


@pytest.mark.parametrize(
    ("translate", "fault"),
    [
        (lambda _: b"\xff", "no good OTLP"),
        (lambda _: _GOOD + b"\x12\x00", "canonical"),
        (_refuse_silently, "without a reason"),
        (_fall_over, "not thought of"),
    ],
)
def test_a_fault_is_seen(translate: Callable[[bytes], bytes], fault: str) -> None:
    """Bytes that aren't canonical OTLP, a refusal without a reason and any other exception are faults."""
    with pytest.raises((AssertionError, KeyError), match=fault):
        run_one(Decoder("planted", translate), b"body")


class _Echo(Translation):
    """Compiled code that takes everything."""

    def translate(self, body: bytes) -> bytes | None:
        return body


@pytest.mark.parametrize("translate", [_refuse, lambda _: b""])
def test_compiled_code_that_says_something_else_is_seen(translate: Callable[[bytes], bytes]) -> None:
    """Compiled code must not take what the reference refuses, nor make other bytes of it."""
    with pytest.raises(AssertionError, match="compiled translation"):
        run_one(Decoder("planted", translate, _Echo("none", "none")), _GOOD)


def test_what_both_take_alike_is_taken() -> None:
    """The same bytes from both are no fault."""
    assert run_one(Decoder("planted", lambda body: body, _Echo("none", "none")), _GOOD)
