import dataclasses
from datetime import UTC, datetime

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.errors import StoreError
from clew.sampling.adaptive import Throughput
from clew.store.root_throughput import RootThroughput
from tests.data_plane import DataPlane
from tests.store.segments import request_of

MINUTE_NS = 60_000_000_000
START_NS = int(datetime.now(UTC).timestamp()) * 1_000_000_000 // MINUTE_NS * MINUTE_NS


def root(number: int, name: str = "GET /", trace_state: str = "", **attributes: str | float | int) -> Span:
    """A root span; `attributes`: sampler_type and sampler_param."""
    span = Span(
        trace_id=(number + 1).to_bytes(16, "big"),
        span_id=(number + 1).to_bytes(8, "big"),
        name=name,
        start_time_unix_nano=START_NS + number,
        end_time_unix_nano=START_NS + number + 5,
        trace_state=trace_state,
    )
    span.attributes.add(key="sampler.types").value.string_value = "lowerbound"  # another key
    for key, value in attributes.items():
        attribute = span.attributes.add(key=key.replace("_", "."))
        if isinstance(value, str):
            attribute.value.string_value = value
        elif isinstance(value, int):
            attribute.value.int_value = value
        else:
            attribute.value.double_value = value
    return span


def measured(data_plane: DataPlane, tenant: str, *spans: Span) -> dict[tuple[str, str], Throughput]:
    """What is read of the spans' minute."""
    data_plane.put(f"traces/{tenant}", request_of("shop", *spans).SerializeToString())
    return RootThroughput(data_plane.engine).read(tenant, START_NS, START_NS + MINUTE_NS)


def by_tags(kind: str, param: str | float) -> Span:
    """A root span with Jaeger's tags."""
    return root(1, sampler_type=kind, sampler_param=param)


CASES: dict[str, tuple[Span, float]] = {
    "says nothing": (root(1), 0),
    "a double": (by_tags("probabilistic", 0.25), 0.25),
    "a text": (by_tags("probabilistic", "0.25"), 0.25),
    "an integer": (by_tags("probabilistic", 1), 1),
    "no probability": (by_tags("probabilistic", 2.0), 0),
    "none is kept by 0": (by_tags("probabilistic", 0.0), 0),
    "no number": (by_tags("probabilistic", "nan"), 0),
    "a param of nothing": (root(1, sampler_param=0.25), 0),
    "the lower bound": (by_tags("lowerbound", 0.1), 0),
    "a rate limit": (by_tags("ratelimiting", 0.5), 0),
    "a threshold": (root(1, trace_state="ot=th:8"), 0.5),
    "everything is kept": (root(1, trace_state="ot=th:0"), 1),
    "one in a hundred": (root(1, trace_state="ot=th:fd70a4"), 1 - 0xFD70A4 / 2**24),
    "in capitals": (root(1, trace_state="ot=th:FD70A4"), 1 - 0xFD70A4 / 2**24),
    "the smallest": (root(1, trace_state="ot=th:ffffffffffffff"), 2.0**-56),
    "all digits": (root(1, trace_state="ot=th:80000000000001"), 0.5 - 2.0**-56),
    "among others": (root(1, trace_state="a=b, ot=rv:123;th:8;x:1 ,c=d"), 0.5),
    "too many digits": (root(1, trace_state="ot=th:800000000000000"), 0),
    "no digits": (root(1, trace_state="ot=th:"), 0),
    "no hexadecimal": (root(1, trace_state="ot=th:8g"), 0),
    "of another vendor": (root(1, trace_state="xot=th:8,ot=rv:8"), 0),
    "of another tenant": (root(1, trace_state="t@ot=th:8"), 0),
    "both": (root(1, trace_state="ot=th:8", sampler_type="probabilistic", sampler_param=0.1), 0.5),
}


def test_the_probability_of_a_span(data_plane: DataPlane, tenant: str) -> None:
    """From the threshold, or the tags, or unknown."""
    for name, (span, _) in CASES.items():
        span.name = name
    found = measured(data_plane, tenant, *(span for span, _ in CASES.values()))
    for name, (_, probability) in CASES.items():
        sums = (1, 1 / probability, probability**-2, 0) if probability else (0, 0.0, 0.0, 1)
        assert dataclasses.astuple(found["shop", name]) == pytest.approx(sums, rel=1e-12), name


def test_sums_are_by_operation(data_plane: DataPlane, tenant: str) -> None:
    """Of root spans only, whose parent's id is empty or zero; of one window, and one tenant."""
    zero, child, before, after = (root(number, trace_state="ot=th:8") for number in range(4))
    zero.parent_span_id = bytes(8)
    child.parent_span_id = b"p" * 8
    before.start_time_unix_nano = START_NS - 1
    after.start_time_unix_nano = START_NS + MINUTE_NS
    other = root(9, "GET /cart", sampler_type="probabilistic", sampler_param=0.1)
    quarter = root(5, trace_state="ot=th:c")
    found = measured(data_plane, tenant, zero, child, before, after, other, quarter, root(6))
    assert {key: dataclasses.astuple(each) for key, each in found.items()} == {
        ("shop", "GET /"): pytest.approx((2, 6.0, 20.0, 1)),
        ("shop", "GET /cart"): pytest.approx((1, 10.0, 100.0, 0)),
    }


def test_all_tenants_count_together(data_plane: DataPlane, tenant: str) -> None:
    """Without a tenant, the spans of every one are summed up by service and operation."""
    for each in (tenant, f"{tenant}-2"):
        spans = request_of(f"shop of {tenant}", root(1, trace_state="ot=th:8")).SerializeToString()
        data_plane.put(f"traces/{each}", spans)
    found = RootThroughput(data_plane.engine).read(None, START_NS, START_NS + MINUTE_NS)
    assert found[f"shop of {tenant}", "GET /"] == Throughput(2, 4.0, 8.0, 0)


def test_names_without_end_are_cut(data_plane: DataPlane, tenant: str) -> None:
    """Of a service with ids in its names, as many operations are read as clients follow, the busiest first."""
    spans = [root(number, f"GET /{number}") for number in range(2500)]
    busy = [root(3000 + number, "GET /busy") for number in range(3)]
    found = measured(data_plane, tenant, *spans, *busy)
    assert len(found) == 2000
    assert found["shop", "GET /busy"].others == 3


def test_an_empty_window_has_nothing(data_plane: DataPlane, tenant: str) -> None:
    """Not even a row."""
    assert RootThroughput(data_plane.engine).read(tenant, START_NS, START_NS + MINUTE_NS) == {}


def test_a_statement_that_fails_is_a_store_error(data_plane: DataPlane) -> None:
    """The engine's own exceptions stay inside the store."""
    with pytest.raises(StoreError):
        RootThroughput(data_plane.engine).read("anybody", 0, -1)
