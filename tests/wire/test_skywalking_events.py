from typing import Any

import pytest

from clew.errors import MalformedInput
from clew.wire.skywalking_events import error_message, event_of
from tests.wire.skywalking_samples import START_MS, make_span, pairs, plain

_JAVA_ERROR = pairs(event="error", error__kind="java.io.IOException", message="broken pipe", stack="at A\nat B")


def _log(data: list[dict[str, str]], time: int = START_MS) -> Any:
    return make_span(logs=[{"time": time, "data": data}]).logs[0]


def test_an_error_of_java_is_an_exception() -> None:
    """Its kind, message and stack are the attributes of OpenTelemetry's exceptions, beside all that came."""
    event = event_of(_log(_JAVA_ERROR))
    assert (event.name, event.time_unix_nano) == ("exception", START_MS * 1_000_000)
    assert plain(event.attributes) == {
        "event": "error",
        "error.kind": "java.io.IOException",
        "message": "broken pipe",
        "stack": "at A\nat B",
        "exception.type": "java.io.IOException",
        "exception.message": "broken pipe",
        "exception.stacktrace": "at A\nat B",
    }


_FRAMES = 'Traceback (most recent call last):\n  File "shop.py", line 3, in pay\n    raise error\n'


@pytest.mark.parametrize(
    ("traceback", "said"),
    [
        (f"{_FRAMES}shop.NoMoney: not today\n", {"type": "shop.NoMoney", "message": "not today"}),
        (f"{_FRAMES}ValueError: two\nlines\n", {"type": "ValueError", "message": "two\nlines"}),
        (f"{_FRAMES}KeyError\n", {"type": "KeyError"}),
        (f"{_FRAMES}cut off in the middle", {}),
    ],
)
def test_an_error_of_python_is_an_exception(traceback: str, said: dict[str, str]) -> None:
    """The agent of Python says no more than a traceback, below which are type and message."""
    event = event_of(_log(pairs(Traceback=traceback)))
    derived = {f"exception.{key}": text for key, text in said.items()}
    assert event.name == "exception"
    assert plain(event.attributes) == {"Traceback": traceback, "exception.stacktrace": traceback} | derived
    assert error_message([_log(pairs(Traceback=traceback))]) == said.get("message", said.get("type", ""))


def test_an_error_of_node_is_an_exception() -> None:
    """The agent of Node says no more than a stack, which begins with type and message."""
    stack = "TypeError: the card has expired\n    at pay (file:///shop.mjs:3:9)\n    at main (file:///shop.mjs:9:1)"
    event = event_of(_log(pairs(Stack=stack)))
    assert event.name == "exception"
    assert plain(event.attributes) == {
        "Stack": stack,
        "exception.type": "TypeError",
        "exception.message": "the card has expired",
        "exception.stacktrace": stack,
    }


def test_an_error_of_python_may_be_a_message_only() -> None:
    """`span.log(error)` of the agent of Python sends the error's text as its traceback."""
    event = event_of(_log(pairs(Traceback="the card has expired")))
    assert plain(event.attributes) == {"Traceback": "the card has expired", "exception.message": "the card has expired"}


@pytest.mark.parametrize(
    ("data", "name"), [(pairs(event="retry", count="2"), "retry"), (pairs(count="2"), "log"), ([], "log")]
)
def test_other_logs_are_events_named_after_themselves(data: list[dict[str, str]], name: str) -> None:
    """A log that says which event it is gives its name; all pairs stay."""
    event = event_of(_log(data))
    assert event.name == name
    assert plain(event.attributes) == {pair["key"]: pair["value"] for pair in data}


def test_the_first_error_says_what_the_status_says() -> None:
    """The message of the first error, else its kind; logs that are no errors say nothing."""
    kind = pairs(event="error", error__kind="Timeout")
    assert error_message([_log(pairs(message="hello")), _log(_JAVA_ERROR), _log(kind)]) == "broken pipe"
    assert error_message([_log(kind)]) == "Timeout"
    assert error_message([_log(pairs(message="hello"))]) == ""


def test_an_event_before_1970_is_refused() -> None:
    """Its time can't be stored."""
    with pytest.raises(MalformedInput, match="the time of a log is -1"):
        event_of(_log([], time=-1))
