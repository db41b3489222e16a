"""Zipkin's formats for tests: written by hand as a client would, and arbitrary ones by hypothesis."""

import json
import struct
from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.wire.otlp_pieces import write_varint
from tests.wire.otlp_samples import TEXT

TIME_US = 1_750_000_000_000_000
TRACE_ID, SPAN_ID, PARENT_ID = "5af7183fb1d4cf5f", "352bff9a74ca9ad2", "6b221d5bc9e6496c"
FULL_SPAN: dict[str, Any] = {
    "traceId": TRACE_ID,
    "parentId": PARENT_ID,
    "id": SPAN_ID,
    "kind": "CLIENT",
    "name": "get /api",
    "timestamp": TIME_US,
    "duration": 1431,
    "localEndpoint": {"serviceName": "frontend", "ipv4": "192.168.99.1", "port": 3306},
    "remoteEndpoint": {"serviceName": "backend", "ipv4": "172.19.0.2", "port": 58648},
    "annotations": [{"timestamp": TIME_US + 60, "value": "ws"}],
    "tags": {"http.method": "GET", "http.path": "/api"},
}


def json_list(*spans: dict[str, Any]) -> bytes:
    """A body of such spans."""
    return json.dumps(spans, ensure_ascii=False).encode()


def small_span(number: int, **members: Any) -> dict[str, Any]:
    """A span of v2 JSON with the id `number`, and whatever else is given."""
    return {"traceId": TRACE_ID, "id": f"{number:016x}", **members}


def otlp_spans(encoded: bytes) -> list[tuple[str, Span]]:
    """(service, span) for each span of an encoded request, in its order."""
    request = ExportTraceServiceRequest.FromString(encoded)
    return [
        (str(attributes(group.resource.attributes).get("service.name", "")), span)
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def only_span(encoded: bytes) -> Span:
    """The one span of an encoded request."""
    [(_, span)] = otlp_spans(encoded)
    return span


def attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    """Plain values by key; fails when a key is there twice."""
    found = {pair.key: _plain(pair.value) for pair in pairs}
    assert len(found) == len(list(pairs))
    return found


def _plain(value: Any) -> Any:
    kind = value.WhichOneof("value")
    return [_plain(each) for each in value.array_value.values] if kind == "array_value" else getattr(value, kind)


def proto_field(number: int, value: int | bytes | str, wire_type: int | None = None) -> bytes:
    """One field of protobuf: text and bytes with their length, numbers as varints or, with wire type 1, fixed64."""
    if isinstance(value, str | bytes):
        data = value.encode() if isinstance(value, str) else value
        return write_varint(number << 3 | 2) + write_varint(len(data)) + data
    if wire_type == 1:
        return write_varint(number << 3 | 1) + struct.pack("<Q", value)
    return write_varint(number << 3) + write_varint(value & 2**64 - 1)


def proto_endpoint(service: str = "", ipv4: bytes = b"", ipv6: bytes = b"", port: int = 0) -> bytes:
    """An Endpoint of zipkin.proto."""
    parts = [proto_field(1, service), proto_field(2, ipv4), proto_field(3, ipv6), proto_field(4, port)]
    given = [service, ipv4, ipv6, port]
    return b"".join(part for part, value in zip(parts, given, strict=True) if value)


def proto_list(*spans: bytes) -> bytes:
    """A ListOfSpans of encoded spans."""
    return b"".join(proto_field(1, span) for span in spans)


FULL_PROTO_SPAN = b"".join(
    [
        proto_field(1, bytes.fromhex(TRACE_ID)),
        proto_field(2, bytes.fromhex(PARENT_ID)),
        proto_field(3, bytes.fromhex(SPAN_ID)),
        proto_field(4, 1),
        proto_field(5, "get /api"),
        proto_field(6, TIME_US, 1),
        proto_field(7, 1431),
        proto_field(8, proto_endpoint("frontend", bytes([192, 168, 99, 1]), b"", 3306)),
        proto_field(9, proto_endpoint("backend", bytes([172, 19, 0, 2]), b"", 58648)),
        proto_field(10, proto_field(1, TIME_US + 60, 1) + proto_field(2, "ws")),
        proto_field(11, proto_field(1, "http.method") + proto_field(2, "GET")),
        proto_field(11, proto_field(1, "http.path") + proto_field(2, "/api")),
    ]
)

PLAIN_SPANS: tuple[dict[str, Any], ...] = (
    FULL_SPAN,
    small_span(1),
    small_span(
        2, parentId="1", kind="SERVER", shared=True, timestamp=TIME_US, localEndpoint={"serviceName": "backend"}
    ),
    small_span(3, parentId="2", kind="CLIENT", localEndpoint={"serviceName": "backend"}, timestamp=TIME_US),
    small_span(3, parentId="2", kind="SERVER", localEndpoint={"serviceName": "third"}, timestamp=TIME_US),
    small_span(4, parentId="0", kind=None, name=None, timestamp=None, duration=None, tags=None, annotations=None),
    small_span(5, parentId="5", kind="PRODUCER", debug=True, shared=False, localEndpoint=None, remoteEndpoint={}),
    small_span(6, kind="CONSUMER", name='a "quoted"\\\n\u20ac 🦀 name', duration=0, annotations=[], tags={}),
    small_span(7, localEndpoint={"serviceName": None, "ipv4": "1.1.1.1", "ipv6": "::1", "port": None}),
    small_span(8, remoteEndpoint={"serviceName": "db", "ipv6": "::2", "port": 0}, tags={"peer.service": "other"}),
    small_span(9, tags={"otel.status_code": "ERROR", "error": "no", "otel.scope.name": "s", "otel.scope.version": "1"}),
    small_span(10, tags={"otel.status_code": "OK", "otel.library.name": "s", "w3c.tracestate": "a=b", "x": ""}),
    small_span(11, tags={"error": "", "span.kind": "internal", "net.host.port": "80"}, localEndpoint={"port": 80}),
    small_span(12, annotations=[{"value": "later", "timestamp": TIME_US + 9}, {"timestamp": TIME_US, "value": ""}]),
)
_ODD_MEMBERS: tuple[dict[str, Any], ...] = (
    {"other": 1},
    {"kind": "client"},
    {"timestamp": 1.0},
    {"timestamp": -1},
    {"timestamp": "1"},
    {"timestamp": 2**64},
    {"duration": 1e300},
    {"localEndpoint": {"port": 65536}},
    {"localEndpoint": {"other": 1}},
    {"remoteEndpoint": []},
    {"tags": {"a": 1}},
    {"tags": {"a": None}},
    {"tags": {"otel.dropped_events_count": "1"}},
    {"tags": {"otel.status_code": "Error"}},
    {"annotations": [{"timestamp": 1}]},
    {"annotations": [{"timestamp": 1, "value": '{"a": {}}'}]},
    {"annotations": [{"timestamp": 1, "value": "a|{}|1"}]},
    {"debug": 1},
    {"id": "0"},
    {"traceId": "g"},
    {"traceId": "1" * 33},
)
ODD_BODIES = (
    *[json_list(small_span(1, **members)) for members in _ODD_MEMBERS],
    b'[{"traceId":"1","traceId":"1","id":"1"}]',
    b'[{"traceId":"1","id":"1","tags":{"a":"1","a":"1"}}]',
    b'[{"traceId":"1","id":"1","localEndpoint":{"port":1,"port":1}}]',
    b'[{"traceId":"1","id":"1","timestamp":01}]',
    b'[{"traceId":"1","id":"1","name":"\\x"}]',
    b'[{"traceId":"1","id":"1","name":"\\u12"}]',
    b'[{"traceId":"1","id":"1","name":"half \\ud83d"}]',
    b'[{"traceId":"1","id":"1","name":"\x01"}]',
    b'[{"traceId":"1","id":"1","name":"\xff"}]',
    b'[{"traceId":"1","id":"1"},]',
    b'[{"traceId":"1","id":"1",}]',
    b'[{"traceId":"1","id":"1"} {"traceId":"1","id":"2"}]',
    b'[{"traceId":"1","id":"1"}] x',
    b'[{"traceId":"1","id":"1"}',
    b'[{"traceId":"1","id":"1","name":"',
    b'[{"id":"1"}]',
    b"{}",
    b"null",
    b" ",
)

_FRONT = FULL_SPAN["localEndpoint"]
_BACK = FULL_SPAN["remoteEndpoint"]


def _note(offset_us: int, value: str, endpoint: dict[str, Any] | None = _FRONT) -> dict[str, Any]:
    place = {"endpoint": endpoint} if endpoint is not None else {}
    return {"timestamp": TIME_US + offset_us, "value": value, **place}


def _tag(key: str, value: str | bool, endpoint: dict[str, Any] | None = _FRONT) -> dict[str, Any]:
    return {"key": key, "value": value, **({"endpoint": endpoint} if endpoint is not None else {})}


V1_SPAN: dict[str, Any] = {
    **{key: FULL_SPAN[key] for key in ("traceId", "parentId", "id", "name", "timestamp", "duration")},
    "annotations": [_note(0, "cs"), _note(60, "ws"), _note(1431, "cr")],
    "binaryAnnotations": [_tag("http.method", "GET"), _tag("http.path", "/api"), _tag("sa", True, _BACK)],
}
PLAIN_V1_SPANS: tuple[dict[str, Any], ...] = (
    V1_SPAN,
    small_span(1),
    small_span(2, annotations=[_note(0, "sr"), _note(9, "ss")], binaryAnnotations=[_tag("ca", True, _BACK)]),
    small_span(3, annotations=[_note(0, "ms"), _note(9, "ws")], binaryAnnotations=[_tag("ma", True, _BACK)]),
    small_span(4, annotations=[_note(0, "wr"), _note(9, "mr"), _note(9, "x", None)], debug=True),
    small_span(5, annotations=[_note(9, "mr")]),
    small_span(6, annotations=[_note(9, "cr"), _note(3, "cs"), _note(4, "cs")], timestamp=TIME_US, duration=50),
    small_span(7, binaryAnnotations=[_tag("lc", ""), _tag("error", "no"), _tag("sa", True, _BACK)]),
    small_span(8, binaryAnnotations=[_tag("lc", "spring"), _tag("ca", True, _BACK)], parentId="7"),
    small_span(9, annotations=[_note(1, "x", {"ipv4": "1.1.1.1"})], binaryAnnotations=[_tag("a", "b", None)]),
    small_span(10, annotations=[_note(0, "sr")], binaryAnnotations=[_tag("ca", True, {"serviceName": "frontend"})]),
    small_span(11, annotations=[_note(0, "cs", None)], binaryAnnotations=[_tag("sa", True, _BACK), _tag("ca", True)]),
)
ODD_V1_SPANS: tuple[dict[str, Any], ...] = (
    small_span(1, annotations=[_note(0, "cs"), _note(1, "sr", _BACK)]),
    small_span(1, annotations=[_note(0, "cs"), _note(1, "x", _BACK)]),
    small_span(1, annotations=[_note(9, "cs"), _note(1, "cr")]),
    small_span(1, annotations=[_note(0, "sr")], binaryAnnotations=[_tag("sa", True, _BACK)]),
    small_span(1, binaryAnnotations=[_tag("sa", True, None)]),
    small_span(1, binaryAnnotations=[_tag("other", True)]),
    small_span(1, binaryAnnotations=[_tag("a", "b"), _tag("a", "c")]),
    small_span(1, binaryAnnotations=[_tag("lc", ""), _tag("sa", True, _BACK), _tag("ca", True, _BACK)]),
)

ThriftField = tuple[int, int, bytes]


def thrift_struct(*fields: ThriftField) -> bytes:
    """A struct of fields (type, number, encoded value)."""
    return b"".join(struct.pack(">bh", kind, number) + value for kind, number, value in fields) + b"\0"


def thrift_list(*structs: bytes) -> bytes:
    """A list of structs."""
    return struct.pack(">bi", 12, len(structs)) + b"".join(structs)


def thrift_text(value: str | bytes) -> bytes:
    """A string or a binary."""
    data = value.encode() if isinstance(value, str) else value
    return struct.pack(">i", len(data)) + data


def thrift_endpoint(service: str, ipv4: int = 0, port: int = 0) -> bytes:
    """An Endpoint of zipkinCore.thrift."""
    return thrift_struct(
        (8, 1, struct.pack(">i", ipv4)), (6, 2, struct.pack(">h", port)), (11, 3, thrift_text(service))
    )


def thrift_annotation(timestamp_us: int, value: str, endpoint: bytes | None = None) -> bytes:
    """An Annotation."""
    fields = [(10, 1, struct.pack(">q", timestamp_us)), (11, 2, thrift_text(value))]
    return thrift_struct(*fields, *([(12, 3, endpoint)] if endpoint else []))


def thrift_tag(key: str, value: bytes, kind: int, endpoint: bytes | None = None) -> bytes:
    """A BinaryAnnotation."""
    fields = [(11, 1, thrift_text(key)), (11, 2, thrift_text(value)), (8, 3, struct.pack(">i", kind))]
    return thrift_struct(*fields, *([(12, 4, endpoint)] if endpoint else []))


def thrift_span(span_id: int, *more: ThriftField, trace_id: int = 7, name: str = "get") -> bytes:
    """A Span with these ids, and whatever other fields are given."""
    ids = [(10, 1, struct.pack(">q", trace_id)), (11, 3, thrift_text(name)), (10, 4, struct.pack(">q", span_id))]
    return thrift_struct(*ids, *more)


def _maybe(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=members)


SERVICES = st.sampled_from(["frontend", "backend", "", "a", "Größe"])
KEYS = st.one_of(
    TEXT,
    st.sampled_from(
        [
            "error",
            "span.kind",
            "otel.status_code",
            "otel.status_description",
            "otel.scope.name",
            "otel.scope.version",
            "otel.library.name",
            "otel.library.version",
            "w3c.tracestate",
            "otel.dropped_events_count",
            "peer.service",
            "net.host.ip",
            "net.peer.port",
            "zipkin.shared",
            "http.path",
            "http.method",
            "zipkin.local.ip",
        ]
    ),
)
VALUES = st.one_of(
    TEXT,
    st.sampled_from(
        ["true", "false", "", "OK", "ERROR", "internal", "STATUS_CODE_OK", "error", "7", "1.2.3.4", "backend"]
    ),
)
NOTES = st.one_of(
    TEXT, st.sampled_from(["ws", '{"a": {"b": 1}}', '"a": {"b": "c"}', "a|b", 'n|{"k":true}|2', "cs", "sr"])
)
IDS = st.one_of(
    st.sampled_from(["1", "2", "03", "0" * 15 + "1", "a" * 16, "F" * 16]),
    st.integers(1, 2**64 - 1).map("{:016x}".format),
)
TRACE_IDS = st.one_of(IDS, st.integers(2**64, 2**128 - 1).map("{:032x}".format), st.just("1" * 20))
TIMES = st.sampled_from([0, 1, TIME_US, TIME_US + 7, -5, (2**64 - 1) // 1000])
DURATIONS = st.sampled_from([0, 1, 150, 3_600_000_000, -1])
IPS = st.sampled_from(["", "1.2.3.4", "127.0.0.1", "2001:db8::c001", "::1"])
ENDPOINTS = _maybe(serviceName=SERVICES, ipv4=IPS, ipv6=IPS, port=st.sampled_from([0, 80, 65535, -1]))
JSON_SPANS = st.fixed_dictionaries(
    {"traceId": TRACE_IDS, "id": IDS},
    optional={
        "parentId": st.one_of(IDS, st.just("0")),
        "kind": st.sampled_from(["CLIENT", "SERVER", "PRODUCER", "CONSUMER", None, "server"]),
        "name": st.one_of(TEXT, st.none()),
        "timestamp": st.one_of(TIMES, st.none()),
        "duration": DURATIONS,
        "localEndpoint": st.one_of(ENDPOINTS, st.none()),
        "remoteEndpoint": ENDPOINTS,
        "annotations": st.lists(st.fixed_dictionaries({"timestamp": TIMES, "value": NOTES}), max_size=3),
        "tags": st.dictionaries(KEYS, VALUES, max_size=6),
        "debug": st.booleans(),
        "shared": st.booleans(),
    },
)
JSON_LISTS = st.lists(JSON_SPANS, max_size=5)


def proto_of_json(span: dict[str, Any]) -> bytes:
    """The same span in protobuf, as far as protobuf can say it: no negative times, addresses of bytes."""
    kinds = ("", "CLIENT", "SERVER", "PRODUCER", "CONSUMER")
    tags = [proto_field(1, key) + proto_field(2, value) for key, value in (span.get("tags") or {}).items()]
    notes = [
        proto_field(1, max(0, each["timestamp"]), 1) + proto_field(2, each["value"])
        for each in span.get("annotations") or ()
    ]
    fields: list[tuple[Callable[[], bytes], Any]] = [
        (lambda: proto_field(1, _hex_bytes(span["traceId"])), True),
        (lambda: proto_field(2, _hex_bytes(span["parentId"])), span.get("parentId")),
        (lambda: proto_field(3, _hex_bytes(span["id"])), True),
        (lambda: proto_field(4, kinds.index((span["kind"] or "").upper())), span.get("kind")),
        (lambda: proto_field(5, span["name"]), span.get("name")),
        (lambda: proto_field(6, max(0, span["timestamp"]), 1), span.get("timestamp")),
        (lambda: proto_field(7, max(0, span["duration"])), span.get("duration")),
        (lambda: proto_field(8, _proto_of_endpoint(span["localEndpoint"])), span.get("localEndpoint")),
        (lambda: proto_field(9, _proto_of_endpoint(span["remoteEndpoint"])), span.get("remoteEndpoint")),
        (lambda: b"".join(proto_field(10, each) for each in notes), notes),
        (lambda: b"".join(proto_field(11, each) for each in tags), tags),
        (lambda: proto_field(12, 1), span.get("debug")),
        (lambda: proto_field(13, 1), span.get("shared")),
    ]
    return b"".join(write() for write, is_given in fields if is_given)


def _hex_bytes(text: str) -> bytes:
    return bytes.fromhex(text.rjust(16 if len(text) <= 16 else 32, "0"))


def _proto_of_endpoint(endpoint: dict[str, Any]) -> bytes:
    ipv4 = bytes(map(int, endpoint["ipv4"].split("."))) if "." in (endpoint.get("ipv4") or "") else b""
    ipv6 = bytes(15) + b"\1" if endpoint.get("ipv6") == "::1" else b""
    return proto_endpoint(endpoint.get("serviceName") or "", ipv4, ipv6, max(0, endpoint.get("port") or 0))


_V1_ENDPOINTS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({"serviceName": "frontend", "ipv4": "1.2.3.4", "port": 80}),
    st.just({"serviceName": "backend", "ipv4": "5.6.7.8"}),
    st.just({"ipv4": "1.1.1.1"}),
    st.just({"serviceName": "frontend", "ipv6": "::1"}),
    st.just({}),
)
_V1_TIMES = st.sampled_from([0, TIME_US, TIME_US + 5, TIME_US + 9])
_V1_NOTES = st.fixed_dictionaries(
    {"timestamp": _V1_TIMES, "value": st.sampled_from(["cs", "cr", "sr", "ss", "ms", "mr", "ws", "wr", "x", "{}"])},
    optional={"endpoint": _V1_ENDPOINTS},
)
# Of one side: what nearly every client sends.
_ONE_SIDE_NOTES = st.sampled_from([("cs", "cr"), ("sr", "ss"), ("ms", "ws"), ("wr", "mr"), ("x",), ()]).flatmap(
    lambda names: st.lists(
        st.fixed_dictionaries(
            {"timestamp": _V1_TIMES, "value": st.sampled_from(names or ("y",))},
            optional={"endpoint": st.just({"serviceName": "frontend", "ipv4": "1.2.3.4", "port": 80})},
        ),
        max_size=3,
    )
)
_V1_TAGS = st.one_of(
    st.fixed_dictionaries({"key": KEYS, "value": VALUES}, optional={"endpoint": _V1_ENDPOINTS}),
    st.fixed_dictionaries(
        {"key": st.sampled_from(["sa", "ca", "ma"]), "value": st.just(True)}, optional={"endpoint": _V1_ENDPOINTS}
    ),
    st.just({"key": "lc", "value": "", "endpoint": {"serviceName": "frontend", "ipv4": "1.2.3.4", "port": 80}}),
)
V1_JSON_LISTS = st.lists(
    st.fixed_dictionaries(
        {"traceId": TRACE_IDS, "id": IDS},
        optional={
            "parentId": IDS,
            "name": TEXT,
            "timestamp": _V1_TIMES,
            "duration": st.sampled_from([0, 5, 9]),
            "annotations": st.one_of(st.lists(_V1_NOTES, max_size=4), _ONE_SIDE_NOTES),
            "binaryAnnotations": st.lists(_V1_TAGS, max_size=3),
            "debug": st.booleans(),
        },
    ),
    max_size=4,
)


def thrift_of_json(span: dict[str, Any]) -> bytes:
    """The same span of v1 in thrift."""
    trace_id = bytes.fromhex(span["traceId"].rjust(32, "0"))
    fields: list[ThriftField] = [(10, 1, trace_id[8:]), (10, 4, _hex_bytes(span["id"])), (10, 12, trace_id[:8])]
    if "name" in span:
        fields.append((11, 3, thrift_text(span["name"])))
    if "parentId" in span:
        fields.append((10, 5, _hex_bytes(span["parentId"])))
    for name, number in (("timestamp", 10), ("duration", 11)):
        if name in span:
            fields.append((10, number, struct.pack(">q", span[name])))
    if "debug" in span:
        fields.append((2, 9, bytes([span["debug"]])))
    notes = [
        thrift_annotation(each["timestamp"], each["value"], _thrift_of_endpoint(each.get("endpoint")))
        for each in span.get("annotations", ())
    ]
    tags = [_thrift_of_tag(each) for each in span.get("binaryAnnotations", ())]
    return thrift_struct(*fields, (15, 6, thrift_list(*notes)), (15, 8, thrift_list(*tags)))


def _thrift_of_tag(tag: dict[str, Any]) -> bytes:
    endpoint = _thrift_of_endpoint(tag.get("endpoint"))
    if tag["value"] is True:
        return thrift_tag(tag["key"], b"\1", 0, endpoint)
    return thrift_tag(tag["key"], tag["value"].encode(), 6, endpoint)


def _thrift_of_endpoint(endpoint: dict[str, Any] | None) -> bytes | None:
    if endpoint is None:
        return None
    ipv4 = bytes(map(int, endpoint.get("ipv4", "0.0.0.0").split(".")))  # noqa: S104  # thrift's "unknown"
    ipv6 = bytes(15) + b"\1" if "ipv6" in endpoint else b""
    port = struct.pack(">H", endpoint.get("port", 0))
    service = thrift_text(endpoint.get("serviceName", ""))
    return thrift_struct((8, 1, ipv4), (6, 2, port), (11, 3, service), (11, 4, thrift_text(ipv6)))
