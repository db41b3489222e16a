import pytest

from clew.demo.roster import ROSTER
from clew.demo.shop import ShopAddresses
from tests.demo.collector import Collector, Seen
from tests.demo.traces import sent_by

TRACED = {name for name, role in ROSTER.items() if role.exports}


def test_every_service_says_who_it_is(shop: ShopAddresses, collector: Collector) -> None:
    """The resource of each service has its version, namespace, environment, team and an instance id of its own."""
    spans = {name: collector.await_span(sent_by(name)) for name in TRACED}
    for name, seen in spans.items():
        assert seen.resource["service.namespace"] == "shop"
        assert seen.resource["deployment.environment.name"] == "demo"
        assert (seen.resource["service.version"], seen.resource["team"]) == (ROSTER[name].version, ROSTER[name].team)
        assert seen.resource["process.pid"] == shop.pids[name]
    assert len({seen.resource["service.instance.id"] for seen in spans.values()}) == len(TRACED)


def test_both_transports_are_used(shop: ShopAddresses, collector: Collector) -> None:
    """Services send by the transport that the roster says, gRPC or HTTP."""
    for name in TRACED:
        seen = collector.await_span(sent_by(name))
        assert seen.transport == str(ROSTER[name].exports).partition("+")[0]


def test_logs_belong_to_the_span_that_wrote_them(shop: ShopAddresses, collector: Collector) -> None:
    """A log record carries the trace and span id of the work in which it was written."""
    record = collector.await_log(lambda service, record: service == "payment" and bool(record.span_id))
    seen = collector.await_span(lambda seen: seen.span.span_id == record.span_id)
    assert seen.service == "payment"
    assert seen.span.trace_id == record.trace_id
    assert seen.span.start_time_unix_nano <= record.time_unix_nano <= seen.span.end_time_unix_nano


def _has_user(seen: Seen) -> bool:
    return "user.id" in seen.attributes


@pytest.mark.parametrize("name", sorted(TRACED))
def test_the_user_is_on_the_spans_of_every_service(shop: ShopAddresses, collector: Collector, name: str) -> None:
    """The user and session of the customer reach every service that works for them."""
    seen = collector.await_span(lambda seen: seen.service == name and _has_user(seen))
    assert str(seen.attributes["user.id"]).startswith("u-")
    assert seen.attributes["session.id"]


def test_exporting_leaves_no_spans(shop: ShopAddresses, collector: Collector) -> None:
    """The shop's own telemetry requests are not traced."""
    collector.await_span(sent_by("mailer"))
    assert not [seen for seen in collector.spans() if "opentelemetry.proto" in seen.name]
    urls = [str(seen.attributes.get("url.full", "")) for seen in collector.spans()]
    assert not [url for url in urls if url.startswith(collector.otlp_http)]
