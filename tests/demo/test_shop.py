import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from clew.demo.roster import ROSTER
from clew.demo.shop import Shop, ShopAddresses, run_shop
from clew.errors import ClewError, ConfigurationError
from tests.demo.collector import Collector, Trace
from tests.demo.conftest import await_end
from tests.demo.traces import named

_RUN = """
import json, sys
from clew.demo.shop import run_shop
def ready(addresses):
    print(json.dumps([addresses.frontend, dict(addresses.pids)]), flush=True)
sys.exit(run_shop(sys.argv[1], sys.argv[2], sys.argv[3:], 5.0, None, ready))
"""


class Running:
    """`run_shop` in a process of its own, as `clew demo` has it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        self.process = process
        self.frontend, self.pids = json.loads(process.stdout.readline())

    def ended(self) -> tuple[int, str]:
        """The exit code and what was said on standard error."""
        assert self.process.stderr is not None
        return self.process.wait(10.0), self.process.stderr.read()

    def left(self) -> list[str]:
        """The services that are still there."""
        return [name for name, pid in self.pids.items() if not await_end(pid, 2.0)]


@contextmanager
def _running(otlp_http: str, otlp_grpc: str, *faults: str) -> Iterator[Running]:
    command = [sys.executable, "-c", _RUN, otlp_http, otlp_grpc, *faults]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


def _is_failed_order(trace: Trace) -> bool:
    return all(
        any(seen.failed for seen in trace if seen.service == service)
        for service in ("shopper", "frontend", "checkout", "payment")
    )


def test_the_shop_is_many_real_processes(shop: ShopAddresses) -> None:
    """Each role is a process of its own, and those that listen have a port of their own."""
    assert set(shop.pids) == set(ROSTER)
    assert len(set(shop.pids.values())) == len(ROSTER) >= 7
    assert (
        len(set(shop.services.values())) == len(shop.services) == len(ROSTER) - len({"fulfilment", "mailer", "shopper"})
    )
    assert shop.frontend == f"http://{shop.services['frontend']}"


def test_a_fault_shows_from_the_service_up_and_sigterm_ends_all() -> None:
    """A failing payment fails the order in every service above it; SIGTERM ends the shop quietly, its spans sent."""
    with Collector() as collector, _running(collector.otlp_http, collector.otlp_grpc, "payment=error:1") as running:
        trace = collector.await_trace(_is_failed_order)
        (charge, *_) = [seen for seen in trace if seen.service == "payment" and seen.exceptions]
        assert charge.exceptions[0]["exception.type"] == "RuntimeError"
        assert "Traceback" in str(charge.exceptions[0]["exception.stacktrace"])
        assert charge.attributes["shop.fault"] == ["error"]
        assert named(trace, "shopper", "place order")[0].failed
        before_s = time.monotonic()
        os.kill(running.process.pid, signal.SIGTERM)
        assert running.ended() == (0, "")
        assert time.monotonic() - before_s < 5.0
        assert running.left() == []
        assert not [seen for seen in collector.spans() if seen.service == "fulfilment"]


def test_the_shop_runs_without_a_backend_and_reports_a_death() -> None:
    """With nobody to send to customers are served and the user is told; a service that dies closes the shop."""
    with _running("http://127.0.0.1:9", "127.0.0.1:9") as running:
        page = requests.get(f"{running.frontend}/?user_id=u-1&category=tea", timeout=10).json()
        assert len(page["content"]["products"]) > 0
        os.kill(running.pids["broker"], signal.SIGKILL)
        code, said = running.ended()
        assert code == 1
        assert "nobody answers at http://127.0.0.1:9" in said
        assert said.splitlines()[-1] == "the demo service broker was ended by signal 9; the shop was closed"
        assert running.left() == []


def test_a_wrong_setting_starts_nothing() -> None:
    """Every wrong setting is refused before a process is made."""
    for arguments in (("127.0.0.1:4318", "127.0.0.1:4317"), ("http://127.0.0.1:4318", "4317")):
        with pytest.raises(ConfigurationError, match="write it like"):
            run_shop(*arguments)
    with pytest.raises(ConfigurationError, match="--fault payment=explode"):
        run_shop("http://127.0.0.1:9", "127.0.0.1:9", ["payment=explode"])


def test_a_start_can_be_broken_off() -> None:
    """Giving up makes the start fail at once, with no process left."""
    shop = Shop("http://127.0.0.1:9", "127.0.0.1:9")
    shop.give_up()
    with pytest.raises(ClewError, match="broken off"):
        shop.start()
    shop.stop()
