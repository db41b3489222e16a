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


def test_an_error_of_python_is_an_exception() -> None:
    """The agent of Python says no more than a traceback."""
    event = event_of(_log(pairs(Traceback="Traceback (most recent call last): ...")))
    assert event.name == "exception"
    assert plain(event.attributes)["exception.stacktrace"] == "Traceback (most recent call last): ..."
    assert "exception.type" not in plain(event.attributes)


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
