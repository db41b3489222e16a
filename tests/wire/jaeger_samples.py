"""Jaeger's batches for tests: plain ones, and arbitrary valid ones by hypothesis, in every encoding."""

from typing import Any

from hypothesis import strategies as st

from clew.wire.jaeger_thrift import Protocol
from clew.wire.thrift_read import BINARY, BOOL, DOUBLE, I8, I16, I32, I64, LIST, MAP, SET, STRUCT, UUID
from tests.wire.thrift_writer import Typed, write, write_call

START_US = 1_750_000_000_000_000
Fields = dict[int, Typed]


def text(value: str) -> Typed:
    """A string."""
    return Typed(BINARY, value.encode())


def tag(key: str, value: Any) -> Fields:
    """A Tag with the value in the field of its type."""
    match value:
        case bool():
            return {1: text(key), 2: Typed(I32, 2), 5: Typed(BOOL, value)}
        case int():
            return {1: text(key), 2: Typed(I32, 3), 6: Typed(I64, value)}
        case float():
            return {1: text(key), 2: Typed(I32, 1), 4: Typed(DOUBLE, value)}
        case bytes():
            return {1: text(key), 2: Typed(I32, 4), 7: Typed(BINARY, value)}
    return {1: text(key), 2: Typed(I32, 0), 3: text(value)}


def structs(items: list[Fields]) -> Typed:
    """A list of structs."""
    return Typed(LIST, (STRUCT, items))


def tags(**values: Any) -> Typed:
    """A list of tags; `__` in a name stands for a dot."""
    return structs([tag(key.replace("__", "."), value) for key, value in values.items()])


def log(time_us: int, **fields: Any) -> Fields:
    """A Log."""
    return {1: Typed(I64, time_us), 2: tags(**fields)}


def reference(kind: int, trace_id: int, span_id: int) -> Fields:
    """A SpanRef; 0 is CHILD_OF, 1 FOLLOWS_FROM."""
    low, high = _signed(trace_id), _signed(trace_id >> 64)
    return {1: Typed(I32, kind), 2: Typed(I64, low), 3: Typed(I64, high), 4: Typed(I64, _signed(span_id))}


def _signed(number: int) -> int:
    return ((number & 2**64 - 1) ^ 2**63) - 2**63


def span(number: int = 1, trace_id: int = 7, parent_id: int = 0, **more: Typed) -> Fields:
    """A span; `more` are tags, logs, references, flags and what else is optional, by their names."""
    fields = {
        1: Typed(I64, _signed(trace_id)),
        2: Typed(I64, _signed(trace_id >> 64)),
        3: Typed(I64, number),
        4: Typed(I64, parent_id),
        5: text("GET /items"),
        7: Typed(I32, 1),
        8: Typed(I64, START_US + number),
        9: Typed(I64, 1_500),
    }
    numbers = {"operationName": 5, "references": 6, "flags": 7, "startTime": 8, "duration": 9, "tags": 10, "logs": 11}
    fields |= {{**numbers, "incomplete": 12}[name]: value for name, value in more.items()}
    return dict(sorted(fields.items()))


def batch(spans: list[Fields], service: str = "checkout", process_tags: Typed | None = None) -> Typed:
    """A Batch."""
    process = {1: text(service)} | ({2: process_tags} if process_tags else {})
    return Typed(STRUCT, {1: Typed(STRUCT, process), 2: structs(spans)})


def emit(protocol: Protocol, body: Typed, *, is_strict: bool = True) -> bytes:
    """The call of emitBatch that the agent's ports take."""
    return write_call(protocol, "emitBatch", Typed(STRUCT, {1: body}), is_strict=is_strict)


def bench_span(number: int) -> Fields:
    """A span with eight tags, as the figures are measured with."""
    values = {f"attribute.key.{index}": f"value {number % 100}" for index in range(8)}
    return span(number, trace_id=2**100 + number // 40, tags=structs([tag(*each) for each in values.items()]))


def bench_batch_typed(spans: int = 50) -> Typed:
    """A Batch of such spans."""
    return batch([bench_span(number) for number in range(1, spans + 1)], process_tags=tags(hostname="h"))


def bench_batch(protocol: Protocol, spans: int = 50) -> bytes:
    """The same, encoded."""
    return write(protocol, bench_batch_typed(spans))


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_IDS = st.integers(-(2**63), 2**63 - 1)
_KEYS = st.sampled_from(
    [
        "span.kind",
        "error",
        "w3c.tracestate",
        "otel.status_code",
        "otel.status_description",
        "http.status_code",
        "http.status_message",
        "otel.scope.name",
        "otel.scope.version",
        "otel.library.name",
        "otel.library.version",
        "otel.dropped_attributes_count",
        "otel.dropped_events_count",
        "otel.dropped_links_count",
        "event",
        "message",
        "hostname",
        "host.name",
        "a",
        "",
    ]
)
_TELLING = st.sampled_from(["server", "client", "internal", "ok", "ERROR", "true", "500", "404", "200", "lib", "", "x"])
_VALUES = st.one_of(
    _TEXT,
    _TELLING,
    st.booleans(),
    _IDS,
    st.sampled_from([0, 1, 200, 404, 500, 99, 600]),
    st.floats(),
    st.binary(max_size=9),
)
_TAGS = st.builds(tag, st.one_of(_KEYS, _KEYS, _TEXT), _VALUES)
_TAG_LISTS = st.lists(_TAGS, max_size=8).map(structs)
_LOGS = st.builds(lambda time, fields: {1: Typed(I64, time), 2: fields}, st.integers(0, 2 * START_US), _TAG_LISTS)
_REFERENCES = st.builds(
    reference, st.integers(0, 1), st.sampled_from([7, 8, 7 << 64]), st.sampled_from([0, 1, 2, 2**63])
)
_SCALARS = st.one_of(
    st.builds(Typed, st.just(BOOL), st.booleans()),
    st.builds(Typed, st.just(I8), st.integers(-128, 127)),
    st.builds(Typed, st.just(I16), st.integers(-(2**15), 2**15 - 1)),
    st.builds(Typed, st.just(I32), st.integers(-(2**31), 2**31 - 1)),
    st.builds(Typed, st.just(I64), _IDS),
    st.builds(Typed, st.just(DOUBLE), st.floats()),
    st.builds(Typed, st.just(BINARY), st.binary(max_size=5)),
    st.builds(Typed, st.just(UUID), st.binary(min_size=16, max_size=16)),
)
ANY_TYPED = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        inner.map(lambda each: Typed(LIST, (each.kind, [each.value] * 2))),
        inner.map(lambda each: Typed(SET, (each.kind, [each.value]))),
        inner.map(lambda each: Typed(MAP, (I32, each.kind, [(1, each.value)]))),
        st.dictionaries(st.integers(-2, 20), inner, max_size=3).map(lambda fields: Typed(STRUCT, fields)),
    ),
    max_leaves=6,
)


@st.composite
def _spans(draw: st.DrawFn) -> Fields:
    more: dict[str, Typed] = {"tags": draw(_TAG_LISTS), "flags": Typed(I32, draw(st.sampled_from([0, 1, 2, 3, 8, -1])))}
    if draw(st.booleans()):
        more["logs"] = structs(draw(st.lists(_LOGS, max_size=3)))
    if draw(st.booleans()):
        more["references"] = structs(draw(st.lists(_REFERENCES, max_size=3)))
    if draw(st.booleans()):
        more["incomplete"] = Typed(BOOL, draw(st.booleans()))
    more["startTime"] = Typed(I64, draw(st.sampled_from([0, 1, START_US])))
    more["duration"] = Typed(I64, draw(st.sampled_from([0, 1, 10**9])))
    more["operationName"] = text(draw(_TEXT))
    made = span(draw(_IDS), draw(st.sampled_from([7, 7 << 64])), draw(st.sampled_from([0, 0, 1, -1])), **more)
    if draw(st.booleans()):
        made |= {draw(st.integers(13, 40)): draw(ANY_TYPED)}
    return dict(draw(st.permutations(list(made.items()))))


BATCHES = st.builds(batch, st.lists(_spans(), max_size=4), _TEXT, st.one_of(st.none(), _TAG_LISTS))
