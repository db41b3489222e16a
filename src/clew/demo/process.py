"""One service of the shop as a process: `python -m clew.demo.process NAME`, spoken to over its pipes.

In: a line with its settings, a line with the addresses of all; end of file means stop (so it ends with the shop,
however that ends). Out: a line with its port. End of file on its output means that it is gone.
"""

import importlib
import json
import os
import signal
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from io import FileIO
from pathlib import Path

from clew.demo.roster import ROSTER
from clew.demo.service import Service
from clew.demo.settings import ServiceSettings

FLUSH_TIMEOUT_S = 1.2
_STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


def main() -> int:
    """Run the service that the first line of standard input describes until it is told to stop."""
    # Blocked here and awaited in a thread: a handler could interrupt the main thread while it holds the event's lock.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    # Unbuffered: a thread that waits in a buffered read holds a lock that others may need.
    orders, answers = FileIO(0, closefd=False), _claim_stdout()
    line = orders.readline()
    if line:
        _run(ServiceSettings.from_json(line), orders, answers)
    return 0


def _run(settings: ServiceSettings, orders: FileIO, answers: FileIO) -> None:
    stop = threading.Event()
    threading.Thread(target=_await_signal, args=(stop,), daemon=True).start()
    flush = _start_telemetry(settings)
    service: Service = importlib.import_module(f"clew.demo.services.{settings.name}").build(settings)
    answers.write(json.dumps({"port": service.bind()}).encode() + b"\n")
    if peers := orders.readline():
        threading.Thread(target=_await_end, args=(orders, stop), daemon=True).start()
        service.serve(json.loads(peers), stop)
    if flush:
        flush(FLUSH_TIMEOUT_S)
    with suppress(OSError):
        Path(settings.directory).rmdir()


def _start_telemetry(settings: ServiceSettings) -> Callable[[float], None] | None:
    if ROSTER[settings.name].exports is None:
        return None
    from clew.demo.telemetry import Telemetry

    telemetry = Telemetry(settings)
    telemetry.install()
    return telemetry.shutdown


def _claim_stdout() -> FileIO:
    """Standard output is the line to the shop; whatever else a library prints goes to standard error."""
    answers = FileIO(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


def _await_signal(stop: threading.Event) -> None:
    signal.sigwait(_STOP_SIGNALS)
    stop.set()


def _await_end(orders: FileIO, stop: threading.Event) -> None:
    while orders.readline():
        pass
    stop.set()


if __name__ == "__main__":
    try:
        exit_code = main()
    except Exception:  # noqa: BLE001  # the last one who can say what happened
        traceback.print_exc()
        exit_code = 1
    # Not by way of the interpreter's own end: threads that are in a call to somebody who is away would hold it up.
    os._exit(exit_code)
