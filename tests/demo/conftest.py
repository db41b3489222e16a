"""A real shop for the tests of a module that look at its traces: ten processes, two of them with a fault.

It ends with the module: it takes a third of a core, which other tests of the same process need.
"""

import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from clew.demo.settings import ServiceSettings
from clew.demo.shop import Shop, ShopAddresses
from tests.demo.collector import Collector

CART_DELAY_NS = 40_000_000
FAULTS = ("catalog=error:0.15", "cart=slow:40ms")


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    """What the shop sends its telemetry to."""
    with Collector() as collector:
        yield collector


@pytest.fixture(scope="module")
def shop(collector: Collector) -> Iterator[ShopAddresses]:
    """A running shop whose catalogue fails at times and whose cart is slow."""
    with Shop(collector.otlp_http, collector.otlp_grpc, FAULTS, rate_per_s=4.0) as shop:
        yield shop.addresses


@pytest.fixture
def settings(tmp_path: Path) -> ServiceSettings:
    """Settings of a service that has nobody to send telemetry to."""
    return ServiceSettings("inventory", "http://127.0.0.1:9", "127.0.0.1:9", directory=str(tmp_path))


def await_end(pid: int, timeout_s: float) -> bool:
    """Whether a process, not necessarily a child, is gone within `timeout_s`."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], timeout_s)[0])
    finally:
        os.close(descriptor)
