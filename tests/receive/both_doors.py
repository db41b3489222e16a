"""Both doors in a process of their own, so that its memory can be watched: `python -m tests.receive.both_doors`.

Prints the addresses as a line of JSON; when stdin ends, another line with the span ids that were stored.
"""

import json
import sys

from clew.receive.counters import ReceiveCounters
from clew.receive.entrance import Entrance
from clew.receive.grpc_door import start_grpc
from clew.receive.otlp_grpc import otlp_methods
from clew.receive.settings import ReceiveSettings
from tests.receive.http_server import serve_http
from tests.receive.memory_intake import MemoryIntake
from tests.wire.otlp_samples import span_ids


def main() -> None:
    """Serve until stdin ends."""
    intake = MemoryIntake()
    entrance = Entrance(ReceiveSettings(), intake, ReceiveCounters())
    grpc_server = start_grpc("127.0.0.1", 0, otlp_methods(), entrance)
    with serve_http(intake) as door:
        print(json.dumps({"http": door.address, "grpc": grpc_server.address}), flush=True)  # noqa: T201  # the parent reads it
        sys.stdin.read()
    grpc_server.stop(1)
    entrance.close()
    intake.close()
    stored = [span_id for payload in intake.payloads("traces/default") for span_id in span_ids(payload)]
    print(json.dumps(stored), flush=True)  # noqa: T201  # the parent reads it


if __name__ == "__main__":
    main()
