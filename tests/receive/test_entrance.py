import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.errors import Overloaded
from clew.receive.counters import ReceiveCounters
from clew.receive.entrance import Entrance
from clew.receive.intake import TRACES
from clew.receive.settings import ReceiveSettings
from clew.wire.attribute_pass import AttributePass
from clew.wire.attribute_rules import SECRET_BYTES, AttributeRule, Replacement, ready_rules
from clew.wire.otlp_check import DEFAULT_LIMITS
from tests.receive.memory_intake import MemoryIntake


def test_all_doors_share_one_bound_on_the_bytes_under_way(intake: MemoryIntake) -> None:
    """What one door holds is missing for the others, until it gives it back."""
    entrance = Entrance(ReceiveSettings(max_in_flight_bytes=10), intake, ReceiveCounters())
    with entrance.in_flight.hold() as one, entrance.in_flight.hold() as other:
        one.grow(8)
        with pytest.raises(Overloaded):
            other.grow(3)
        one.release()
        other.grow(3)
    assert entrance.in_flight.held_bytes == 0
    entrance.close()


def _request() -> bytes:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8)
    span.attributes.add(key="user.id").value.string_value = "ann"
    return request.SerializeToString()


def test_attribute_rules_are_carried_out_with_the_check(intake: MemoryIntake) -> None:
    """What the check lets through is changed by the rules, and counted by rule."""
    rules = AttributePass(ready_rules([AttributeRule("mask", key="user.id")]), Replacement(b"s" * SECRET_BYTES))
    counters = ReceiveCounters()
    entrance = Entrance(ReceiveSettings(), intake, counters, rules=rules)
    checked = entrance.check(TRACES, _request(), DEFAULT_LIMITS)
    assert b"ann" not in checked.payload
    assert (checked.span_count, counters.snapshot().changed_values) == (1, {"rule 1": 1})
    assert entrance.check(TRACES, b"", DEFAULT_LIMITS).payload == b""
    entrance.close()


def test_without_rules_the_bytes_stay_the_very_same(intake: MemoryIntake) -> None:
    """No copy is made of a good request."""
    entrance = Entrance(ReceiveSettings(), intake, ReceiveCounters())
    body = _request()
    assert entrance.check(TRACES, body, DEFAULT_LIMITS).payload is body
    entrance.close()
