from collections.abc import Mapping

import pytest
from opentelemetry.context import Context

from clew.sdk.propagation.carriers import PAIRS_GETTER
from clew.sdk.propagation.xray import XRayPropagator
from tests.sdk.propagation.contexts import (
    ARABIC_DIGITS,
    SPAN_HEX,
    SPAN_ID,
    TRACE_HEX,
    TRACE_ID,
    child_of,
    context_of,
    headers_of,
    ids_in,
    span_in,
)

_OURS = XRayPropagator()
_NAME = "X-Amzn-Trace-Id"
_ROOT = f"Root=1-{TRACE_HEX[:8]}-{TRACE_HEX[8:]}"
_IDS = f"{_ROOT};Parent={SPAN_HEX}"


@pytest.mark.parametrize(("flags", "sampled"), [(0, 0), (1, 1), (2, 0), (3, 1)])
def test_a_span_of_this_process_is_written(flags: int, sampled: int) -> None:
    """Root, parent and decision."""
    assert headers_of(_OURS, context_of(flags=flags)) == {_NAME: f"{_IDS};Sampled={sampled}"}
    assert _OURS.fields == {_NAME}


@pytest.mark.parametrize(
    ("headers", "sampled"),
    [
        ({_NAME: f"{_IDS};Sampled=1"}, True),
        ({_NAME.lower(): f"{_IDS};Sampled=0"}, False),
        ({_NAME: f"Sampled=1; Parent={SPAN_HEX} ;Self=1-x;Lineage=1:a|2:0;x;y=a=b;{_ROOT};"}, True),
        ({_NAME: f"{_IDS};Sampled=?"}, True),
        ({_NAME: _IDS}, True),
        ({_NAME: f"{_IDS.upper().replace('ROOT', 'Root').replace('PARENT', 'Parent')};Sampled=0"}, False),
    ],
)
def test_fields_are_read_in_any_order(headers: Mapping[str, str], sampled: bool) -> None:
    """Other fields and spaces don't matter; what nobody decided counts as sampled."""
    context = _OURS.extract(headers)
    assert ids_in(context) == (TRACE_ID, SPAN_ID)
    assert (span_in(context).trace_flags.sampled, span_in(context).is_remote) == (sampled, True)


def test_what_is_not_decided_stays_so_until_there_is_a_span() -> None:
    """A process that only passes the parent on says no more than it was told."""
    context = _OURS.extract({_NAME: f"{_IDS};Sampled=?"})
    assert headers_of(_OURS, context) == {_NAME: _IDS}
    assert headers_of(_OURS, child_of(context))[_NAME].endswith(";Sampled=1")


@pytest.mark.parametrize(
    "header",
    [
        "",
        ";",
        _ROOT,
        f"Parent={SPAN_HEX};Sampled=1",
        f"{_IDS};Sampled=x",
        f"{_IDS};Sampled=01",
        f"{_ROOT};Parent={SPAN_HEX[1:]};Sampled=1",
        f"{_ROOT};Parent={'0' * 16};Sampled=1",
        f"{_ROOT};Parent={ARABIC_DIGITS};Sampled=1",
        f"{_ROOT};Parent=+{SPAN_HEX[1:]};Sampled=1",
        f"{_IDS.replace('1-', '2-', 1)};Sampled=1",
        f"{_IDS.replace('1-', '1', 1)};Sampled=1",
        f"Root=1-{'0' * 8}-{'0' * 24};Parent={SPAN_HEX};Sampled=1",
        f"{_IDS};Sampled=1;Root=x",
    ],
)
def test_a_bad_header_is_none(header: str) -> None:
    """A root without a parent, which load balancers send, is no parent either."""
    context = Context()
    assert _OURS.extract({_NAME: header}, context) is context


def test_two_headers_are_none() -> None:
    """Nobody knows which one it is; one alone is found in a list."""
    pair = (_NAME, f"{_IDS};Sampled=1")
    assert ids_in(_OURS.extract([pair], getter=PAIRS_GETTER)) == (TRACE_ID, SPAN_ID)
    assert _OURS.extract([pair, pair], getter=PAIRS_GETTER) == Context()
