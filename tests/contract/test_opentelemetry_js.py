"""The unmodified OTLP/HTTP JSON exporter of opentelemetry-js sends; every span comes back equal."""

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, SpanFlags, Status

from tests.clients.environments import CONTRACT_JS
from tests.contract.compared import difference, each_span, sent_spans, stored_spans
from tests.server_process import ServerProcess

RUN_TIMEOUT_S = 60.0
ORIGIN = "https://shop.example.test"

_KEEPS_REMOTE = SpanFlags.SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK
_IS_REMOTE = SpanFlags.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK


@pytest.fixture(scope="session")
def program() -> Path:
    """The program beside its packages, which are installed as locked unless they are there."""
    CONTRACT_JS.prepare()
    return CONTRACT_JS.sources / "spans.mjs"


def _run(program: Path, url: str, compression: str) -> list[dict[str, Any]]:
    """What the program says that it sent."""
    command = ["node", program.name, url, compression]
    done = subprocess.run(
        command, cwd=program.parent, capture_output=True, text=True, check=False, timeout=RUN_TIMEOUT_S
    )
    assert (done.returncode, done.stderr) == (0, "")
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told


def _value(typed: dict[str, Any]) -> AnyValue:
    match typed["kind"]:
        case "string":
            return AnyValue(string_value=typed["value"])
        case "boolean":
            return AnyValue(bool_value=typed["value"])
        case "int":
            return AnyValue(int_value=int(typed["value"]))
        case "double":
            return AnyValue(double_value=float(typed["value"]))
        case "array":
            return AnyValue(array_value=ArrayValue(values=map(_value, typed["value"])))
    assert typed == {"kind": "empty"}
    return AnyValue()


def _attributes(told: list[tuple[str, dict[str, Any]]]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_value(typed)) for key, typed in told]


def _flags(context: dict[str, Any], is_remote: bool) -> int:
    return int(context["traceFlags"]) | _KEEPS_REMOTE | (_IS_REMOTE if is_remote else 0)


def _event(told: dict[str, Any]) -> Span.Event:
    return Span.Event(
        name=told["name"],
        time_unix_nano=int(told["time"]),
        attributes=_attributes(told["attributes"]),
        dropped_attributes_count=told["droppedAttributes"],
    )


def _link(told: dict[str, Any]) -> Span.Link:
    return Span.Link(
        trace_id=bytes.fromhex(told["traceId"]),
        span_id=bytes.fromhex(told["spanId"]),
        trace_state=told["traceState"],
        attributes=_attributes(told["attributes"]),
        dropped_attributes_count=told["droppedAttributes"],
        flags=_flags(told, told["isRemote"]),
    )


def _span(told: dict[str, Any]) -> Span:
    return Span(
        trace_id=bytes.fromhex(told["traceId"]),
        span_id=bytes.fromhex(told["spanId"]),
        parent_span_id=bytes.fromhex(told["parentSpanId"]),
        trace_state=told["traceState"],
        flags=_flags(told, told["parentIsRemote"]),
        name=told["name"],
        kind=Span.SpanKind.Value(f"SPAN_KIND_{told['kind']}"),
        start_time_unix_nano=int(told["start"]),
        end_time_unix_nano=int(told["end"]),
        attributes=_attributes(told["attributes"]),
        dropped_attributes_count=told["droppedAttributes"],
        events=map(_event, told["events"]),
        dropped_events_count=told["droppedEvents"],
        links=map(_link, told["links"]),
        dropped_links_count=told["droppedLinks"],
        status=Status(
            code=Status.StatusCode.Value(f"STATUS_CODE_{told['status']['code']}"), message=told["status"]["message"]
        ),
    )


def _request(told: list[dict[str, Any]]) -> ExportTraceServiceRequest:
    """The told spans as OTLP, built here and not by the exporter under test."""
    return ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=Resource(attributes=_attributes(each["resource"]["attributes"])),
                schema_url=each["resource"]["schemaUrl"],
                scope_spans=[
                    ScopeSpans(
                        scope=InstrumentationScope(name=each["scope"]["name"], version=each["scope"]["version"]),
                        schema_url=each["scope"]["schemaUrl"],
                        spans=[_span(each)],
                    )
                ],
            )
            for each in told
        ]
    )


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("port", ["otlp_http", "http"])
def test_spans_of_opentelemetry_js_come_back(server: ServerProcess, program: Path, port: str, compression: str) -> None:
    """Every kind, status, attribute, event, link, time, trace state and dropped count comes back as it was told."""
    told = _run(program, f"http://{getattr(server, port)}/v1/traces", compression)
    request = _request(told)
    sent = sent_spans(request)
    assert sent.total() == len(told) == 15
    assert difference(stored_spans(server, request), sent) == ""


def test_the_program_told_what_it_was_made_for(server: ServerProcess, program: Path) -> None:
    """Among the spans are whole and broken numbers, exact times, trace state and dropped counts of known size."""
    told = _run(program, f"http://{server.otlp_http}/v1/traces", "none")
    spans = {span.name: span for span in each_span(_request(told))}
    values = {each.key: each.value for each in spans["every attribute"].attributes}
    assert values["int.safe.highest"] == AnyValue(int_value=2**53 - 1)
    assert values["int.whole.double"] == AnyValue(int_value=3)
    assert values["double.smallest"] == AnyValue(double_value=5e-324)
    assert values["mixed"].array_value.values[1] == AnyValue(double_value=1.5)
    assert spans["nanoseconds"].start_time_unix_nano == 1_763_719_200_000_000_001
    assert spans["nanoseconds"].end_time_unix_nano == 1_763_719_201_999_999_999
    assert spans["milliseconds"].events[0].time_unix_nano == 1_763_719_200_456_000_000
    assert spans["GET /thread"].trace_state == "clew=t:1;p:2,other@vendor=x/y"
    dropping = spans["dropping"]
    assert (dropping.dropped_attributes_count, dropping.dropped_events_count, dropping.dropped_links_count) == (7, 5, 2)
    assert (dropping.events[0].dropped_attributes_count, dropping.links[0].dropped_attributes_count) == (5, 4)


@pytest.mark.parametrize("port", ["otlp_http", "http"])
def test_a_page_may_send(server: ServerProcess, port: str) -> None:
    """A browser asks with OPTIONS before it sends JSON from a page of another origin, and both are allowed."""
    url = f"http://{getattr(server, port)}/v1/traces"
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-shop-version",
    }
    preflight = httpx.options(url, headers=asked)
    assert preflight.status_code in {200, 204}
    assert preflight.headers["access-control-allow-origin"] in {"*", ORIGIN}
    assert "POST" in preflight.headers["access-control-allow-methods"]
    allowed = {each.strip().lower() for each in preflight.headers["access-control-allow-headers"].split(",")}
    assert {"content-type", "x-shop-version"} <= allowed
    assert int(preflight.headers["access-control-max-age"]) > 0
    for body, status in ((b'{"resourceSpans":[]}', 200), (b"no JSON", 400)):
        answer = httpx.post(url, content=body, headers={"Origin": ORIGIN, "Content-Type": "application/json"})
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] in {"*", ORIGIN}
