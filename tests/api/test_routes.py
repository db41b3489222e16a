import httpx
import msgspec
import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from clew.api.otlp_schema import LogsDocument, TracesDocument
from tests.api.memory_reader import START_NS, MemoryReader

REST = "/api/clew/v1"
TRACE_1 = f"{1:032x}"


def test_services_are_listed_by_name_with_nanoseconds_as_strings(client: httpx.Client) -> None:
    """`/services` sorts by name and writes 64-bit nanoseconds as strings."""
    services = client.get(f"{REST}/services").json()["services"]
    assert services == [
        {
            "name": "cart",
            "span_count": 1,
            "error_count": 1,
            "last_seen_unix_nano": str(START_NS + 15_000_000),
            "stored_span_count": 1,
        },
        {
            "name": "shop",
            "span_count": 2,
            "error_count": 0,
            "last_seen_unix_nano": str(START_NS + 1_010_000_000),
            "stored_span_count": 2,
        },
    ]


def test_operations_of_a_service_with_a_slash_in_its_name(client: httpx.Client, reader: MemoryReader) -> None:
    """A service name is URL-encoded in the path, slashes and percent signs included."""
    for _, trace in sorted(reader.held.items()):
        trace.resource_spans[0].resource.attributes[0].value.string_value = "team/shop 100%2F ü"
    operations = client.get(f"{REST}/services/team%2Fshop%20100%252F%20%C3%BC/operations").json()["operations"]
    assert [(o["name"], o["kind"], o["span_count"]) for o in operations] == [
        ("GET /", "server", 1),
        ("GET /about", "server", 1),
    ]


def test_an_unknown_service_has_no_operations(client: httpx.Client) -> None:
    """`/services/{service}/operations` of an unknown service is an empty list."""
    assert client.get(f"{REST}/services/nobody/operations").json() == {"operations": []}


def test_search_returns_the_newest_trace_first(client: httpx.Client) -> None:
    """`/traces` without filters lists all traces in the contract's form, newest first."""
    body = client.get(f"{REST}/traces").json()
    assert [trace["trace_id"] for trace in body["traces"]] == [f"{2:032x}", TRACE_1]
    assert body["next_cursor"] is None
    assert body["traces"][1] == {
        "trace_id": TRACE_1,
        "root_service": "shop",
        "root_name": "GET /",
        "start_time_unix_nano": str(START_NS),
        "duration_ns": 30_000_000,
        "span_count": 2,
        "error_count": 1,
        "services": ["cart", "shop"],
        "root_is_missing": False,
    }


def test_a_cursor_asks_for_the_rest(client: httpx.Client) -> None:
    """`next_cursor` of one page, sent as `cursor`, gives the next page."""
    first = client.get(f"{REST}/traces", params={"limit": 1}).json()
    second = client.get(f"{REST}/traces", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [page["traces"][0]["trace_id"] for page in (first, second)] == [f"{2:032x}", TRACE_1]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"service": "cart"}, [1]),
        ({"service": "cart", "operation": "GET /"}, []),
        ({"operation": "GET /about"}, [2]),
        ({"status": "error"}, [1]),
        ({"attr": "http/route=/cart"}, [1]),
        ({"attr": ["http/route=/cart", "http/route=/else"]}, []),
        ({"min_duration": "20ms"}, [1]),
        ({"max_duration": "20000000"}, [2]),
        ({"start": str(START_NS + 1)}, [2]),
        ({"end": "2025-11-21T10:00:00.5Z"}, [1]),
        ({"service": "", "operation": "", "status": "", "start": "", "cursor": "", "limit": ""}, [2, 1]),
    ],
)
def test_each_filter_reaches_the_reader(
    client: httpx.Client, parameters: dict[str, str | list[str]], found: list[int]
) -> None:
    """Every filter of `/traces` narrows the search; one without text doesn't."""
    traces = client.get(f"{REST}/traces", params=parameters).json()["traces"]
    assert [int(trace["trace_id"], 16) for trace in traces] == found


def test_a_trace_is_otlp_json_as_described(client: httpx.Client) -> None:
    """`/traces/{trace_id}` is OTLP JSON that fits the documented schema."""
    answer = client.get(f"{REST}/traces/{TRACE_1}")
    assert answer.headers["content-type"] == "application/json"
    document = msgspec.json.decode(answer.content, type=TracesDocument)
    spans = [span for block in document.resource_spans for scope in block.scope_spans for span in scope.spans]
    assert [(span.trace_id, span.span_id, span.name) for span in spans] == [
        (TRACE_1, f"{1:016x}", "GET /"),
        (TRACE_1, f"{2:016x}", "GET /cart"),
    ]
    assert spans[0].start_time_unix_nano == str(START_NS)


def test_a_trace_is_protobuf_when_asked_for(client: httpx.Client, reader: MemoryReader) -> None:
    """`Accept: application/x-protobuf` gives the trace as `TracesData`, equal to what the reader returned."""
    answer = client.get(f"{REST}/traces/{TRACE_1}", headers={"Accept": "application/x-protobuf"})
    assert answer.headers["content-type"] == "application/x-protobuf"
    assert "Accept" in answer.headers["vary"]
    assert TracesData.FromString(answer.content) == reader.held[bytes.fromhex(TRACE_1)]


def test_a_short_trace_id_is_padded(client: httpx.Client) -> None:
    """The 16 digits that 64-bit clients print find the trace, too."""
    assert client.get(f"{REST}/traces/{1:016X}").status_code == 200


def test_a_trace_without_logs_has_an_empty_list(client: httpx.Client) -> None:
    """`/traces/{trace_id}/logs` is empty, not missing, when there are none."""
    assert client.get(f"{REST}/traces/{TRACE_1}/logs").json() == {"resourceLogs": []}


def test_logs_are_otlp_json_or_protobuf(client: httpx.Client, reader: MemoryReader) -> None:
    """`/traces/{trace_id}/logs` gives the log records in the form asked for."""
    logs = LogsData()
    logs.resource_logs.add().scope_logs.add().log_records.add(severity_text="WARN").body.string_value = "slow"
    reader.log_records[bytes.fromhex(TRACE_1)] = logs
    document = msgspec.json.decode(client.get(f"{REST}/traces/{TRACE_1}/logs").content, type=LogsDocument)
    record = document.resource_logs[0].scope_logs[0].log_records[0]
    assert (record.severity_text, record.body and record.body.string_value) == ("WARN", "slow")
    binary = client.get(f"{REST}/traces/{TRACE_1}/logs", headers={"Accept": "application/x-protobuf"})
    assert LogsData.FromString(binary.content) == logs


def test_attribute_names_and_values_for_completion(client: httpx.Client) -> None:
    """`/attributes` lists names, `/attributes/{key}/values` values of a key that may contain a slash."""
    assert client.get(f"{REST}/attributes", params={"prefix": "http"}).json() == {
        "attributes": [{"key": "http/route", "levels": ["span"], "kinds": ["string"]}]
    }
    assert client.get(f"{REST}/attributes/http%2Froute/values").json() == {
        "values": [{"value": "/cart", "kind": "string", "count": 1}]
    }
    assert client.get(f"{REST}/attributes", params={"prefix": "db"}).json() == {"attributes": []}


def test_status_has_journal_and_store_figures(client: httpx.Client) -> None:
    """`/status` gives what an importer needs to wait until everything can be searched."""
    assert client.get(f"{REST}/status").json() == {
        "version": "0.1.0",
        "journal": {"waiting_bytes": 0, "waiting_segments": 0, "last_segment": 3, "loaded_segment": 3},
        "store": {"spans": 3, "traces": 2, "logs": 0, "bytes": 400},
        "load": {
            "failing_segments": 0,
            "last_error": "",
            "quarantine": "",
            "quarantined_files": 0,
            "quarantined_bytes": 0,
            "quarantined_names": [],
        },
        "graph_lag_s": None,
        "sampling_complaint": "",
    }


def test_matches_are_counted_over_time(client: httpx.Client, reader: MemoryReader) -> None:
    """`/traces/histogram` has the counts of each interval and of all, for the last hour unless told."""
    answer = client.get(f"{REST}/traces/histogram", params={"start": "0", "end": "now", "buckets": "1"}).json()
    assert (answer["spans"], answer["traces"]) == (3, 2)
    assert answer["buckets"] == [{"start_unix_nano": "0", "spans": 3, "traces": 2}]
    client.get(f"{REST}/traces/histogram", params={"end": "7200000000000"})
    assert (reader.queries[-1].start_ns, reader.queries[-1].end_ns) == (3_600_000_000_000, 7_200_000_000_000)
    refused = client.get(f"{REST}/traces/histogram", params={"buckets": "1001"})
    assert (refused.status_code, refused.json()["error"]["key"]) == (400, "buckets")


def test_a_condition_reaches_the_reader(client: httpx.Client, reader: MemoryReader) -> None:
    """`q` is text of the search language; blanks around it say nothing."""
    client.get(f"{REST}/traces", params={"q": " a = 1 "})
    assert reader.queries[-1].condition == "a = 1"
