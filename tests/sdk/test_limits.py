import pytest

from clew.sdk.limits import SpanLimits, limits_from_environment

_VARIABLES = (
    "OTEL_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    "OTEL_SPAN_EVENT_COUNT_LIMIT",
    "OTEL_SPAN_LINK_COUNT_LIMIT",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
)


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in _VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def test_the_defaults_are_those_of_the_specification() -> None:
    """128 of everything, and texts of any length."""
    assert limits_from_environment() == SpanLimits(128, 128, 128, 128, 128, None, None)


def test_the_general_variable_holds_where_no_special_one_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """For counts and for lengths."""
    monkeypatch.setenv("OTEL_ATTRIBUTE_COUNT_LIMIT", "10")
    monkeypatch.setenv("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "3")
    monkeypatch.setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "50")
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "20")
    limits = limits_from_environment()
    assert (limits.attributes, limits.event_attributes, limits.link_attributes) == (10, 10, 3)
    assert (limits.attribute_chars, limits.other_attribute_chars) == (20, 50)


def test_an_empty_variable_is_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the default one."""
    monkeypatch.setenv("OTEL_SPAN_EVENT_COUNT_LIMIT", " ")
    assert limits_from_environment().events is None


@pytest.mark.parametrize("text", ["-1", "many", "1.5"])
def test_what_is_no_number_is_told_with_its_variable(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Before anything starts."""
    monkeypatch.setenv("OTEL_SPAN_LINK_COUNT_LIMIT", text)
    with pytest.raises(ValueError, match=f"OTEL_SPAN_LINK_COUNT_LIMIT must be a non-negative integer but got {text}"):
        limits_from_environment()
