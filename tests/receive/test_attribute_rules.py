import stat
from pathlib import Path

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.errors import ConfigurationError
from clew.receive.attribute_rules import SECRET_NAME, load_secret, open_rules
from clew.wire.attribute_rules import AttributeRule
from tests.server_process import running_server

SECRET = "4111-1111-1111-1111"
CONFIG = """
[[rules]]
name = "cards"
action = "mask"
pattern = "card"

[[rules]]
name = "who"
action = "hash"
key = "user.id"
"""
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def test_without_rules_there_is_no_pass_and_no_secret(tmp_path: Path) -> None:
    """Nothing is done, and no file is made, for rules that aren't there."""
    assert open_rules((), tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_the_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    """The second time the same bytes are read; other users can't."""
    assert open_rules([AttributeRule("hash", key="a")], tmp_path) is not None
    path = tmp_path / SECRET_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_secret(path) == load_secret(path) == path.read_bytes()
    assert len({load_secret(tmp_path / name) for name in (SECRET_NAME, "another")}) == 2


def test_a_broken_secret_is_told(tmp_path: Path) -> None:
    """A file of another length is no secret, and is not written over."""
    path = tmp_path / SECRET_NAME
    path.write_bytes(b"short")
    with pytest.raises(ConfigurationError, match="32 bytes"):
        load_secret(path)
    assert path.read_bytes() == b"short"


def _request(span_id: bytes, user: str) -> bytes:
    request = ExportTraceServiceRequest()
    outer = request.resource_spans.add()
    outer.resource.attributes.add(key="service.name").value.string_value = "pay"
    span = outer.scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=span_id, name=f"pay with {SECRET}")
    span.start_time_unix_nano = span.end_time_unix_nano = 1_790_000_000_000_000_000
    span.attributes.add(key="note").value.string_value = f"card {SECRET}, please"
    span.attributes.add(key="user.id").value.string_value = user
    span.attributes.add(key="kept").value.int_value = 7
    return request.SerializeToString()


def test_what_a_rule_names_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    """Sent through both doors, a card is neither in the journal nor in the store, and equal users stay equal."""
    config = tmp_path / "clew.toml"
    config.write_text(CONFIG)
    users = ["ann-the-user", "ann-the-user", "bob-the-user"]
    with running_server(tmp_path / "data", ["--config", str(config)]) as server:
        assert server.post_traces(_request(b"1" * 8, users[0])).is_success
        with grpc.insecure_channel(server.otlp_grpc) as channel:
            export = channel.unary_unary(EXPORT, request_serializer=None, response_deserializer=None)
            for number, user in enumerate(users[1:], start=2):
                export(_request(str(number).encode() * 8, user), timeout=30)
        server.wait_loaded()
        [trace] = server.export(service="pay")
        metrics = server.client.get("/metrics").text
    spans = [span for outer in trace.resource_spans for inner in outer.scope_spans for span in inner.spans]
    found = [{each.key: each.value for each in span.attributes} for span in sorted(spans, key=lambda s: s.span_id)]
    assert [span.name for span in spans] == ["pay with ***"] * 3
    assert [each["note"].string_value for each in found] == ["card ***, please"] * 3
    assert [each["kept"].int_value for each in found] == [7] * 3
    hashes = [each["user.id"].string_value for each in found]
    assert hashes[0] == hashes[1] != hashes[2]
    assert 'clew_receive_changed_values_total{rule="cards"} 6' in metrics
    secrets = [SECRET.encode(), *(user.encode() for user in users)]
    for path in (tmp_path / "data").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(secret in data for secret in secrets), path
