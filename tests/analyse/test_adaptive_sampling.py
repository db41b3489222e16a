import json
import logging
import threading
import time
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clew.analyse.adaptive_sampling import AdaptiveSampling
from clew.errors import StoreError
from clew.sampling.provider import SamplingProvider
from clew.sampling.settings import SamplingSettings
from clew.store.root_throughput import RootThroughput
from tests.data_plane import TIMEOUT_S, DataPlane
from tests.store.segments import request_of

INTERVAL_S = 60.0
BEGIN_S = time.time() // INTERVAL_S * INTERVAL_S
ADAPTIVE = {"default_strategy": {"type": "adaptive", "param": 1}}


class Clock:
    """A time that a test sets, and how old the oldest record in the journal is."""

    now_s = BEGIN_S + 1
    lag_s = 0.0


@pytest.fixture
def clock() -> Clock:
    """A second after a window has begun."""
    return Clock()


@pytest.fixture
def provider(tmp_path: Path) -> SamplingProvider:
    """With an adaptive strategy for all."""
    made = SamplingProvider(tmp_path / "sampling", SamplingSettings())
    made.versions.put(ADAPTIVE, "ann")
    return made


def sampling(data_plane: DataPlane, provider: SamplingProvider, tenant: str, clock: Clock) -> AdaptiveSampling:
    """Without its thread."""
    lag_s, now_s = (lambda: clock.lag_s), (lambda: clock.now_s)
    return AdaptiveSampling(data_plane.engine, provider, lag_s, tenant=tenant, now_s=now_s)


def put_roots(data_plane: DataPlane, tenant: str, count: int, start_s: float) -> None:
    """Root spans that were kept by 0.1."""
    spans = [
        Span(
            trace_id=(number + 1).to_bytes(16, "big"),
            span_id=(number + 1).to_bytes(8, "big"),
            name="GET /",
            start_time_unix_nano=round(start_s * 1e9) + number,
            trace_state="ot=th:e666666666666",
        )
        for number in range(count)
    ]
    data_plane.put(f"traces/{tenant}", request_of("shop", *spans).SerializeToString())


def learned(provider: SamplingProvider) -> dict[str, float]:
    """Of the service."""
    return dict(provider.adaptive.of_service("shop"))


def test_a_window_is_counted_once_when_it_is_over(
    data_plane: DataPlane, tenant: str, provider: SamplingProvider, clock: Clock
) -> None:
    """The one of the start is left out; the next is counted after its end and the delay, and is kept on disk."""
    watch = sampling(data_plane, provider, tenant, clock)
    put_roots(data_plane, tenant, 600, BEGIN_S + 5)
    put_roots(data_plane, tenant, 60, BEGIN_S + INTERVAL_S + 5)
    for now_s in (BEGIN_S + 95, BEGIN_S + 149):
        clock.now_s = now_s
        watch.look()
        assert learned(provider) == {}
    clock.now_s = BEGIN_S + 151
    watch.look()
    watch.look()
    assert watch.counters.windows == 1
    (probability,) = learned(provider).values()
    # 600 requests, of which 60 are wanted, from 0.001 by no more than the factor of 60 samples
    assert probability == pytest.approx(0.06)
    kept = json.loads((provider.versions._directory.parent / "learned.json").read_text())
    assert kept["probabilities"]["shop"]["GET /"] == [probability, BEGIN_S + 120]


def test_loads_that_are_behind_are_waited_for(
    data_plane: DataPlane, tenant: str, provider: SamplingProvider, clock: Clock
) -> None:
    """A window that isn't loaded would teach that there is little; a newer one replaces it."""
    watch = sampling(data_plane, provider, tenant, clock)
    put_roots(data_plane, tenant, 60, BEGIN_S + INTERVAL_S + 5)
    clock.now_s, clock.lag_s = BEGIN_S + 151, 40.0
    watch.look()
    assert watch.counters.windows == 0
    clock.lag_s = 20.0
    watch.look()
    assert watch.counters.windows == 1
    clock.now_s, clock.lag_s = BEGIN_S + 500, 0.0
    watch.look()
    watch.look()
    assert watch.counters.windows == 2


def test_without_adaptive_strategies_nothing_is_read(data_plane: DataPlane, tmp_path: Path, clock: Clock) -> None:
    """Nor with an interval of 0."""
    plain = SamplingProvider(tmp_path / "plain", SamplingSettings())
    off = SamplingProvider(tmp_path / "off", SamplingSettings(interval_s=0))
    off.versions.put(ADAPTIVE, "ann")
    for provider in (plain, off):
        watch = sampling(data_plane, provider, "anybody", clock)
        clock.now_s += 1000
        watch.look()
        assert watch.counters.windows == 0


def test_a_clock_that_was_set_back_is_followed(
    data_plane: DataPlane, tenant: str, provider: SamplingProvider, clock: Clock
) -> None:
    """Windows are counted again two intervals later, and not only when the old time has come."""
    watch = sampling(data_plane, provider, tenant, clock)
    clock.now_s -= 86_400
    watch.look()
    clock.now_s += 4 * INTERVAL_S
    watch.look()
    assert watch.counters.windows == 1


def test_the_thread_reads_a_changed_file_and_survives_failures(
    data_plane: DataPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A failure is counted and told; the next look goes on."""
    path = tmp_path / "strategies.json"
    path.write_text(json.dumps(ADAPTIVE))
    settings = SamplingSettings(strategies_file=path, strategies_file_interval_s=0.01, interval_s=0.02, delay_s=0.01)
    provider = SamplingProvider(tmp_path / "sampling", settings)
    failed = threading.Event()

    def read(*_: object) -> None:
        failed.set()
        raise StoreError("not now; try again")

    monkeypatch.setattr(RootThroughput, "read", read)
    watch = AdaptiveSampling(data_plane.engine, provider, lambda: 0.0, tenant="anybody")
    with caplog.at_level(logging.WARNING):
        watch.start()
        try:
            assert failed.wait(TIMEOUT_S)
            path.write_text(json.dumps({"default_strategy": {"type": "const", "param": 1}}))
            deadline_s = time.monotonic() + TIMEOUT_S
            while provider.is_adaptive:
                assert time.monotonic() < deadline_s
                threading.Event().wait(0.01)
        finally:
            watch.stop()
    assert watch.counters.failures > 0
    assert "not now" in caplog.text
    assert provider.answer("shop").probability == 1.0


def test_what_can_not_be_kept_is_a_failure(
    data_plane: DataPlane, tenant: str, provider: SamplingProvider, clock: Clock
) -> None:
    """It holds until the next start, and the message says what to do."""
    watch = sampling(data_plane, provider, tenant, clock)
    put_roots(data_plane, tenant, 60, BEGIN_S + INTERVAL_S + 5)
    (provider.versions._directory.parent / "learned.json" / "inside").mkdir(parents=True)
    clock.now_s = BEGIN_S + 151
    with pytest.raises(StoreError, match="free some space"):
        watch.look()
    assert learned(provider)


def test_a_watch_that_was_never_started_stops(data_plane: DataPlane, provider: SamplingProvider, clock: Clock) -> None:
    """Without waiting for anything."""
    sampling(data_plane, provider, "anybody", clock).stop()
