from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.journal.recovery import read_segment
from tests.agent.forwarding import ONE_EACH, TOGETHER, forwarding, names_in, payload, wait_until
from tests.agent.scripted_gateway import NONE, TAKEN, Answer, Posted, ScriptedGateway, scripted_gateway

BUSY: Answer = (429, {"Retry-After": "0"}, b"")
BAD: Answer = (400, {}, b"")


@pytest.fixture
def gateway() -> Iterator[ScriptedGateway]:
    """A gateway that answers as the test says."""
    with scripted_gateway() as opened:
        yield opened


class Picky(ScriptedGateway):
    """Refuses every request that has a span named `bad`."""

    def answer(self, posted: Posted) -> Answer:
        answer = super().answer(posted)
        return BAD if "bad" in names_in([posted.body]) else answer


def test_what_is_in_the_journal_is_forwarded(tmp_path: Path, gateway: ScriptedGateway) -> None:
    """Requests of several clients go out together, each signal to its door, and then the journal is empty."""
    with forwarding(tmp_path, [gateway.url], TOGETHER) as rig:
        rig.send(*(payload(f"span-{number}") for number in range(20)))
        rig.send(b"", stream="logs/default")
        rig.wait_forwarded()
        counts = rig.forwarders[0].counts
    spans = [posted.body for posted in gateway.posted if posted.path == "/v1/traces"]
    assert names_in(spans) == [f"span-{number}" for number in range(20)]
    assert len(spans) < 20
    assert [posted.path for posted in gateway.posted].count("/v1/logs") == 1
    assert (counts.requests, counts.is_up, list((tmp_path / "steps").iterdir())) == (21, True, [])


def test_attributes_of_the_host_are_added(tmp_path: Path, gateway: ScriptedGateway) -> None:
    """They are on every resource that goes out."""
    with forwarding(tmp_path, [gateway.url], attributes={"host.name": "node-1"}) as rig:
        rig.send(payload("a"))
        rig.wait_forwarded()
    (group,) = ExportTraceServiceRequest.FromString(gateway.posted[0].body).resource_spans
    assert [(each.key, each.value.string_value) for each in group.resource.attributes] == [("host.name", "node-1")]


def test_a_lost_answer_is_followed_by_the_same_batch(tmp_path: Path, gateway: ScriptedGateway) -> None:
    """Nobody knows whether it was taken, so that it comes again, the same bytes under the same key."""
    gateway.answers = [NONE, (503, {}, b""), TAKEN]
    with forwarding(tmp_path, [gateway.url]) as rig:
        rig.send(payload("a"))
        rig.wait_forwarded()
        assert rig.forwarders[0].counts.troubles == {"unknown": 2}
    assert len(gateway.posted) == 3
    assert len({(posted.key, posted.body) for posted in gateway.posted}) == 1


def test_an_agent_that_was_killed_sends_the_same_batch(tmp_path: Path, gateway: ScriptedGateway) -> None:
    """After a restart the key is the one from before: the agent ended while the answer was on its way."""
    gateway.always = NONE
    with forwarding(tmp_path, [gateway.url]) as rig:
        rig.send(payload("a"))
        assert gateway.arrived.wait(20)
    gateway.always = TAKEN
    with forwarding(tmp_path, [gateway.url]) as rig:
        wait_until(lambda: rig.journal.usage().waiting_segments == 0)
    assert len({posted.key for posted in gateway.posted}) == 1


def test_an_uncertain_batch_goes_to_the_same_gateway_only(tmp_path: Path, gateway: ScriptedGateway) -> None:
    """Another gateway may have what comes after it, and not even a restart or a refused connection changes that."""
    gateway.always = NONE
    with forwarding(tmp_path, [gateway.url]) as rig:
        rig.send(payload("uncertain"))
        assert gateway.arrived.wait(20)
    gateway.always = BUSY
    with scripted_gateway() as other, forwarding(tmp_path, [gateway.url, other.url]) as rig:
        tried = len(gateway.posted)
        wait_until(lambda: len(gateway.posted) > tried)
        for number in range(10):  # after each, the other gateway looks for what it may have
            rig.send(payload(f"later-{number}"))
            wait_until(lambda: rig.journal.usage().waiting_segments == 1)
        gateway.always = TAKEN
        rig.wait_forwarded()
    assert names_in(other.taken()) == [f"later-{number}" for number in range(10)]
    assert len({posted.key for posted in gateway.posted if names_in([posted.body]) == ["uncertain"]}) == 1


@pytest.mark.parametrize("refusal", [BUSY, (401, {}, b"")])
def test_what_was_certainly_not_taken_goes_elsewhere(tmp_path: Path, gateway: ScriptedGateway, refusal: Answer) -> None:
    """A gateway that is busy, or that wants another key, keeps nothing waiting when there is a second one."""
    gateway.always = refusal
    with scripted_gateway() as other, forwarding(tmp_path, [gateway.url, other.url]) as rig:
        for number in range(5):
            rig.send(payload(f"span-{number}"))
        rig.wait_forwarded()
        assert sorted(names_in(other.taken())) == [f"span-{number}" for number in range(5)]


def test_gateways_share_the_load(tmp_path: Path, gateway: ScriptedGateway) -> None:
    """Each gets some of it, every span goes to one of them, and one that is away is left out."""
    with scripted_gateway() as other, scripted_gateway() as gone:
        away = gone.url
        urls = [gateway.url, other.url]
        with forwarding(tmp_path, urls) as rig:
            for number in range(40):
                rig.send(payload(f"span-{number}"))
            rig.wait_forwarded()
        found = names_in(gateway.taken()) + names_in(other.taken())
        assert sorted(found) == sorted(f"span-{number}" for number in range(40))
        assert gateway.posted
        assert other.posted
    with forwarding(tmp_path, [away, gateway.url]) as rig:
        rig.send(payload("more"))
        rig.wait_forwarded()
    assert names_in(gateway.taken())[-1] == "more"


def test_a_gateway_that_comes_back_gets_all_in_order(tmp_path: Path) -> None:
    """While it is away everything stays in the journal."""
    with scripted_gateway() as gone:
        port, url = gone.port, gone.url
    with forwarding(tmp_path, [url]) as rig:
        for number in range(5):
            rig.send(payload(f"span-{number}"))
        wait_until(lambda: rig.forwarders[0].counts.troubles.get("not_taken", 0) > 2)
        assert rig.journal.usage().waiting_segments == 5
        with scripted_gateway(port) as back:
            rig.wait_forwarded()
            assert names_in(back.taken()) == [f"span-{number}" for number in range(5)]


def test_a_bad_request_is_set_aside_alone(tmp_path: Path) -> None:
    """The batch is halved until it is found; all others are taken once, and the bad one can be read from its file."""
    names = [f"span-{number}" for number in range(20)]
    with (
        scripted_gateway(kind=Picky) as picky,
        forwarding(tmp_path, [picky.url], TOGETHER) as rig,
    ):
        rig.send(*(payload("bad" if name == "span-13" else name) for name in names))
        rig.wait_forwarded()
        (name,) = rig.quarantined()
        assert rig.forwarders[0].counts.quarantined == 1
    taken = [body for body in picky.taken() if "bad" not in names_in([body])]
    assert names_in(taken) == [name for name in names if name != "span-13"]
    (record,) = read_segment(tmp_path / "quarantine" / name)
    assert names_in([record.payload]) == ["bad"]


def test_a_gateway_that_can_not_read_zstd_loses_nothing(tmp_path: Path, gateway: ScriptedGateway) -> None:
    """Some answer 400 to an encoding that they don't know: before a request is set aside, it is sent as gzip."""
    gateway.answers = [BAD]
    with forwarding(tmp_path, [gateway.url]) as rig:
        rig.send(payload("a"))
        rig.wait_forwarded()
        assert rig.quarantined() == []
    assert [posted.headers["content-encoding"] for posted in gateway.posted] == ["zstd", "gzip"]


def test_a_damaged_segment_is_sent_and_set_aside(tmp_path: Path, gateway: ScriptedGateway) -> None:
    """What can be read of it arrives, and the file is kept for a person to look at."""
    with forwarding(tmp_path, [gateway.url], TOGETHER) as rig:
        gateway.may_answer.clear()
        rig.send(payload("first"))
        assert gateway.arrived.wait(20)
        rig.send(payload("good"), payload("evil"))
    (_, path) = sorted((tmp_path / "journal" / "segments").iterdir())
    path.write_bytes(path.read_bytes().replace(b"evil", b"live"))
    gateway.may_answer.set()
    with forwarding(tmp_path, [gateway.url]) as rig:
        wait_until(lambda: rig.journal.usage().waiting_segments == 0)
        assert rig.quarantined() == [f"{path.name}.damaged"]
    assert names_in(gateway.taken()) == ["first", "good"]


def test_a_segment_that_somebody_removed_stops_nobody(tmp_path: Path, gateway: ScriptedGateway) -> None:
    """Its loss is told by the journal, and what follows is sent."""
    gateway.always = BUSY
    with forwarding(tmp_path, [gateway.url]) as rig:
        rig.send(payload("removed"))
        assert gateway.arrived.wait(20)
        for path in (tmp_path / "journal" / "segments").iterdir():
            path.unlink()
        gateway.always = TAKEN
        rig.send(payload("after"))
        rig.wait_forwarded()
    assert "after" in names_in(gateway.taken())


def test_steps_that_somebody_removed_cost_no_segment(tmp_path: Path, gateway: ScriptedGateway) -> None:
    """With two gateways nothing is sent before its gateway is written down; with one it is sent all the same."""
    with scripted_gateway() as other, forwarding(tmp_path, [gateway.url, other.url]) as rig:
        (tmp_path / "steps").rmdir()
        rig.send(payload("a"))
        wait_until(lambda: any(each.counts.troubles.get("internal", 0) > 1 for each in rig.forwarders))
        assert rig.journal.usage().waiting_segments == 1
        (tmp_path / "steps").mkdir()
        rig.wait_forwarded()
        assert names_in(gateway.taken() + other.taken()) == ["a"]
    with forwarding(tmp_path, [gateway.url]) as rig:
        (tmp_path / "steps").rmdir()
        rig.send(payload("b"))
        rig.wait_forwarded()
    assert names_in(gateway.taken())[-1] == "b"


def test_stopping_waits_for_no_gateway(tmp_path: Path, gateway: ScriptedGateway) -> None:
    """An answer that doesn't come is given up, and the batch stays bound."""
    gateway.may_answer.clear()
    with forwarding(tmp_path, [gateway.url]) as rig:
        rig.send(payload("a"))
        assert gateway.arrived.wait(20)
    (steps,) = (tmp_path / "steps").iterdir()
    assert steps.read_text().startswith("bind ")


def test_left_out_records_are_counted(
    tmp_path: Path, gateway: ScriptedGateway, caplog: pytest.LogCaptureFixture
) -> None:
    """A partial success is told with the gateway's reason."""
    partial = b"\x0a\x07\x08\x02\x12\x03why"  # rejected_spans 2, error_message
    gateway.answers = [(200, {"Content-Type": "application/x-protobuf"}, partial)]
    with forwarding(tmp_path, [gateway.url], ONE_EACH) as rig:
        rig.send(payload("a"))
        rig.wait_forwarded()
        assert rig.forwarders[0].counts.rejected_records == 2
    assert "left out 2 records: why" in caplog.text
