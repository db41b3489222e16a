"""One service as a child process of the shop, spoken to over pipes (the other end is `process.py`)."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from io import FileIO

from clew.demo.settings import Peers, ServiceSettings


class Child:
    """Started by the constructor with subprocess alone: nothing of the parent (threads, locks, a database) is copied.

    The child ends when its standard input does, so it never outlives the parent, however that ends.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self.name = settings.name
        self.port = 0
        orders, answers = os.pipe(), os.pipe()
        # A process group of its own: Ctrl-C goes to the shop, which then stops its services in the right order.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "clew.demo.process", self.name],
            stdin=orders[0],
            stdout=answers[1],
            env=_environment(),
            process_group=0,
        )
        os.close(orders[0])
        os.close(answers[1])
        self._orders, self._answers = FileIO(orders[1], "w"), FileIO(answers[0])
        self._say(settings.to_json())

    @property
    def pid(self) -> int:
        return self._process.pid

    def fileno(self) -> int:
        """Its standard output, for a selector: readable when it has a port to tell, and when it is gone."""
        return self._answers.fileno()

    def read_port(self) -> bool:
        """Take the line with the port; False when the child ended instead."""
        line = self._answers.readline()
        if line:
            self.port = json.loads(line)["port"]
        return bool(line)

    def introduce(self, peers: Peers) -> None:
        """Tell where the others are, upon which it starts to work."""
        self._say(json.dumps(dict(peers)))

    def dismiss(self) -> None:
        """Ask it to finish what it has in hand and end."""
        self._orders.close()

    def wait(self, timeout_s: float) -> int | None:
        """Its exit code (minus the signal that ended it), or None when it is still there after `timeout_s`."""
        try:
            return self._process.wait(max(timeout_s, 0.0))
        except subprocess.TimeoutExpired:
            return None

    def exit_code(self) -> int:
        """The same of one whose output has ended, which it does a moment before the process."""
        return self.wait(1.0) or 0

    def kill(self) -> bool:
        """End it by force; False when it had ended by itself."""
        if self._process.poll() is not None:
            return False
        self._process.kill()
        self._process.wait()
        return True

    def close(self) -> None:
        """Let go of its pipes, which asks it to end as well."""
        self.dismiss()
        self._answers.close()

    def _say(self, line: str) -> None:
        # A child that is gone is found out about at the end of its output.
        with suppress(OSError):
            self._orders.write(line.encode() + b"\n")


def _environment() -> dict[str, str]:
    """The parent's, without OpenTelemetry settings meant for it, and without a proxy between the services."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    return {
        **kept,
        "OTEL_SEMCONV_STABILITY_OPT_IN": "http,database",
        "GRPC_VERBOSITY": "NONE",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
