import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import MalformedInput
from clew.wire.zipkin_json import zipkin_json_to_otlp
from clew.wire.zipkin_shared import server_half_id
from clew.wire.zipkin_v1_json import COMPILED, zipkin_v1_json_by_parsing, zipkin_v1_json_to_otlp
from tests.fuzz.decoders import Decoder, run_one
from tests.house.project_files import ROOT
from tests.wire.otlp_mutations import noisy
from tests.wire.sanitized import run_sanitized
from tests.wire.zipkin_samples import (
    FULL_SPAN,
    ODD_V1_SPANS,
    PLAIN_V1_SPANS,
    SPAN_ID,
    TIME_US,
    V1_JSON_LISTS,
    V1_SPAN,
    attributes,
    json_list,
    only_span,
    otlp_spans,
    small_span,
)

SOURCE = ROOT / "src/clew/wire/zipkin_v1_json.c"
DECODER = Decoder("zipkin_v1_json", zipkin_v1_json_by_parsing, COMPILED)
BACK = {"serviceName": "backend", "ipv4": "172.19.0.2", "port": 58648}
ODD_BODIES = tuple(
    json_list(small_span(1, **members))
    for members in (
        {"kind": "CLIENT"},
        {"binaryAnnotations": [{"key": "a", "value": 1}]},
        {"binaryAnnotations": [{"key": "a", "value": "1", "type": "I16"}]},
        {"binaryAnnotations": [{"key": "a", "value": None}]},
        {"binaryAnnotations": [{"key": "a", "value": "b", "other": 1}]},
        {"annotations": [{"timestamp": TIME_US}]},
        {"annotations": [{"timestamp": TIME_US, "value": "a", "other": 1}]},
        {"id": "x"},
    )
)


def test_it_says_the_same_as_version_2() -> None:
    """The example of Zipkin's API in both versions."""
    assert zipkin_v1_json_to_otlp(json_list(V1_SPAN)) == zipkin_json_to_otlp(json_list(FULL_SPAN))


def test_both_sides_in_one_span_become_parent_and_child() -> None:
    """The server's half has its own id."""
    server = [{"timestamp": TIME_US + at, "value": value, "endpoint": BACK} for at, value in ((100, "sr"), (200, "ss"))]
    mixed = V1_SPAN | {"annotations": V1_SPAN["annotations"] + server}
    child = small_span(9, parentId=SPAN_ID, binaryAnnotations=[{"key": "lc", "value": "", "endpoint": BACK}])
    found = otlp_spans(zipkin_v1_json_to_otlp(json_list(mixed, child)))
    spans = {(service, int(span.kind)): span for service, span in found}
    half = spans["backend", 2]
    assert half.span_id == server_half_id(bytes.fromhex(SPAN_ID), "backend")
    assert half.parent_span_id == spans["frontend", 3].span_id == bytes.fromhex(SPAN_ID)
    assert spans["backend", 0].parent_span_id == half.span_id
    assert half.end_time_unix_nano - half.start_time_unix_nano == 100_000


def test_binary_annotations_keep_their_types() -> None:
    """As the type says, or the JSON does; what contradicts its type stays text."""
    given: list[dict[str, Any]] = [
        {"key": "bool", "value": False},
        {"key": "i64", "value": "5", "type": "I64"},
        {"key": "i16", "value": 5, "type": "I16"},
        {"key": "double", "value": 2, "type": "DOUBLE"},
        {"key": "float", "value": 2.5},
        {"key": "bytes", "value": "AAE=", "type": "BYTES"},
        {"key": "no bytes", "value": "?", "type": "BYTES"},
        {"key": "no number", "value": "x", "type": "I32"},
        {"key": "huge", "value": 2**64},
        {"key": "null", "value": None},
        {"key": "string", "value": "s", "type": "STRING"},
    ]
    span = only_span(zipkin_v1_json_to_otlp(json_list(small_span(1, timestamp=1, binaryAnnotations=given))))
    assert attributes(span.attributes) == {
        "bool": False,
        "i64": 5,
        "i16": 5,
        "double": 2,
        "float": 2.5,
        "bytes": b"\0\1",
        "no bytes": "?",
        "no number": "x",
        "huge": str(2**64),
        "string": "s",
    }


@pytest.mark.parametrize("body", [b"", b"[]"])
def test_an_empty_list_is_nothing(body: bytes) -> None:
    """Zipkin takes it, so that clients may send it."""
    assert zipkin_v1_json_to_otlp(body) == b""


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"id": "x"}, "$[1].id"),
        ({"annotations": [{"timestamp": 0.5, "value": ""}]}, "$[1].annotations"),
        ({"annotations": [{"timestamp": 1, "value": "", "endpoint": {"port": 70000}}]}, "$[1].annotations"),
        ({"binaryAnnotations": [{"value": "x"}]}, "$[1].binaryAnnotations[0]"),
        ({"binaryAnnotations": [{"key": "x", "value": "x", "endpoint": {"port": "x"}}]}, "$[1].binaryAnnotations"),
    ],
)
def test_one_wrong_span_refuses_the_list_and_is_named(members: dict[str, Any], path: str) -> None:
    """As in version 2."""
    with pytest.raises(MalformedInput) as error:
        zipkin_v1_json_to_otlp(json_list(small_span(1), small_span(2) | members))
    assert path in str(error.value)


def test_what_is_no_list_is_refused() -> None:
    """With a sentence that names the format."""
    with pytest.raises(MalformedInput, match="no list of Zipkin v1 spans"):
        zipkin_v1_json_to_otlp(b"{}")


def _is_taken_alike(body: bytes) -> bool:
    """Did the compiled translation take it? It must say the same as the other, or nothing."""
    run_one(DECODER, body)
    return COMPILED.translate(body) is not None


@given(V1_JSON_LISTS, st.integers(0, 2**32))
def test_compiled_code_says_the_same_or_nothing(spans: list[dict[str, Any]], seed: int) -> None:
    """Of good bodies and of noise."""
    body = json_list(*spans)
    _is_taken_alike(body)
    _is_taken_alike(noisy(body, random.Random(seed)))


def _bodies() -> tuple[list[bytes], list[bytes]]:
    """Ordinary ones, and those that are for Python."""
    plain = [[span] for span in PLAIN_V1_SPANS] + [list(PLAIN_V1_SPANS), []]
    odd = [[span] for span in ODD_V1_SPANS]
    taken, left = [[json_list(*spans) for spans in lists] for lists in (plain, odd)]
    return [*taken, b""], [*left, *ODD_BODIES]


def test_the_usual_bodies_are_taken_by_compiled_code() -> None:
    """One side of one service, as Zipkin's v1 libraries send; the rest is left to Python."""
    taken, left = _bodies()
    assert [body for body in taken if not _is_taken_alike(body)] == []
    assert [body for body in left if _is_taken_alike(body)] == []


def test_no_body_makes_compiled_code_read_outside_of_it(tmp_path: Path) -> None:
    """Under sanitizers of memory and behaviour, good and broken bodies give what they give without."""
    choose = random.Random(1)
    good = [body for bodies in _bodies() for body in bodies]
    bodies = good + [noisy(choose.choice(good), choose) for _ in range(3000)]
    found = run_sanitized(SOURCE, COMPILED.function, bodies, tmp_path)
    assert found == [COMPILED.translate(body) for body in bodies]
    assert 10 < sum(answer is not None for answer in found) < 2500
