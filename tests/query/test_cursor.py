import base64
import json
import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import BadQuery
from clew.model.trace import TraceSummary
from clew.query.cursor import decode_cursor, encode_cursor
from clew.query.search import TraceQuery

QUERY = TraceQuery("t", "s", None, (("k", "v"),), 1, None, True, 5, 9, 20, None)
LAST = TraceSummary("0a" * 16, "s", "n", 1763683200123456789, 10, 1, 0, ("s",))


def _made(query: TraceQuery = QUERY, last: TraceSummary = LAST) -> str:
    return encode_cursor(query, last)


def test_a_cursor_goes_on_behind_the_last_trace() -> None:
    """It has the last trace's start and id, at any time that OTLP can say."""
    for start_ns in (0, LAST.start_time_unix_nano, 2**63, 2**64 - 1):
        cursor = decode_cursor(replace(QUERY, cursor=_made(last=replace(LAST, start_time_unix_nano=start_ns))))
        assert cursor is not None
        assert (cursor.start_ns, cursor.trace_id) == (start_ns, "0A" * 16)


def test_a_query_without_cursor_has_none() -> None:
    """The first page begins at the newest."""
    assert decode_cursor(QUERY) is None


def test_a_cursor_may_stand_in_an_address() -> None:
    """It has only characters that need no escaping in a URL."""
    assert set(_made()) <= set(string.ascii_letters + string.digits + "-_")


def test_times_and_limit_may_change_between_pages() -> None:
    """`now-1h` is another moment on the second page."""
    query = replace(QUERY, start_ns=6, end_ns=None, limit=3, cursor=_made())
    assert decode_cursor(query) is not None


@pytest.mark.parametrize(
    "other",
    [
        replace(QUERY, tenant="u"),
        replace(QUERY, service=None),
        replace(QUERY, operation="o"),
        replace(QUERY, attributes=()),
        replace(QUERY, attributes=(("k", "w"),)),
        replace(QUERY, attributes=(("k", "v"), ("k", "v"))),
        replace(QUERY, min_duration_ns=2),
        replace(QUERY, max_duration_ns=2),
        replace(QUERY, error_only=False),
    ],
)
def test_a_cursor_of_another_query_is_refused(other: TraceQuery) -> None:
    """With other filters the page behind it would be another list's."""
    with pytest.raises(BadQuery, match="another query") as refused:
        decode_cursor(replace(other, cursor=_made()))
    assert refused.value.key == "cursor"


def test_a_changed_cursor_is_refused() -> None:
    """Any one character replaced, left out or put in makes it no cursor (or, being only padding bits, the same one)."""
    made = _made()
    genuine = decode_cursor(replace(QUERY, cursor=made))
    for place in range(len(made)):
        for changed in (
            *(made[:place] + character + made[place + 1 :] for character in "Az9_"),
            made[:place] + made[place + 1 :],
            made[:place] + "Q" + made[place:],
        ):
            try:
                assert decode_cursor(replace(QUERY, cursor=changed)) == genuine
            except BadQuery:
                continue


@given(noise=st.text(max_size=60) | st.binary(max_size=60).map(lambda b: base64.urlsafe_b64encode(b).decode()))
def test_noise_is_no_cursor(noise: str) -> None:
    """Arbitrary text is refused, and never an error of another kind."""
    with pytest.raises(BadQuery, match="cursor"):
        decode_cursor(replace(QUERY, cursor=noise))


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        [1],
        [1, 2, 3],
        ["1", "a", "b"],
        [-1, "0A", "x"],
        [2**64, "0A", "x"],
        [2**200, "0A", "x"],
        [1.5, "0A", "x"],
        None,
    ],
)
def test_a_cursor_of_other_content_is_refused(content: object) -> None:
    """What is well packed but isn't what Clew packs is refused too."""
    packed = base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
    with pytest.raises(BadQuery, match="cursor"):
        decode_cursor(replace(QUERY, cursor=packed))


def test_a_forged_position_is_refused() -> None:
    """A start outside of time is refused even with the right digest, and so never reaches the store."""
    for start_ns in (-1, 2**64):
        forged = _made(last=replace(LAST, start_time_unix_nano=start_ns))
        with pytest.raises(BadQuery, match="cursor"):
            decode_cursor(replace(QUERY, cursor=forged))
