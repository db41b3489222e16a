import gzip
import itertools
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from clew.wire.otlp_pieces import write_varint
from tests.receive.bombs import Zeros, gzip_bomb, zstd_bomb
from tests.receive.grpc_calls import METHODS, call_grpc
from tests.receive.http2_client import HandmadeCall
from tests.receive.http_server import send_http
from tests.wire.otlp_samples import make_request

_NEIGHBOUR = 1 << 32
_GROWTH_MIB = 400  # one body of 64 MiB inflated, its pieces, and what the allocator keeps


@dataclass(slots=True)
class _Doors:
    """A running pair of doors; `acknowledged` are the span ids that a neighbour was told to be stored."""

    http: str
    grpc: str
    pid: int
    acknowledged: list[int] = field(default_factory=list)
    slowest_s: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)

    def peak_mib(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) // 1024

    def send_neighbours(self) -> None:
        """Good requests over both protocols, one after the other, until told to stop."""
        for number in itertools.count(_NEIGHBOUR, 10):
            if self.stop.is_set():
                return
            body = make_request(10, first=number).SerializeToString()
            began = time.monotonic()
            if number % 20 == _NEIGHBOUR % 20:
                assert _post(self, body).status == 200
            else:
                assert call_grpc(self.grpc, "traces", body).code is grpc.StatusCode.OK
            self.slowest_s = max(self.slowest_s, time.monotonic() - began)
            self.acknowledged.extend(range(number, number + 10))


@contextmanager
def _serving() -> Iterator[tuple[_Doors, "subprocess.Popen[str]"]]:
    command = [sys.executable, "-m", "tests.receive.both_doors"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            addresses = json.loads(process.stdout.readline())
            yield _Doors(addresses["http"], addresses["grpc"], process.pid), process
        finally:
            process.kill()


def _post(doors: _Doors, body: object, **headers: str):  # type: ignore[no-untyped-def]
    named = {"content-type": "application/x-protobuf"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return send_http(doors.http, "POST", "/v1/traces", body, named)
