"""A server that is told to stop does not wait for slow questions."""

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx

# The server as it is, with one question that takes the engine minutes.
SERVER = """
import sys
from pathlib import Path
from clew.query.reader import StoredTraces
from clew.server.run import run_server
from clew.server.settings import load_settings

def slow(self, tenant):
    self._engine.read("SELECT count() FROM numbers(9e9) WHERE SHA256(toString(number)) = 'x'")
    return []

StoredTraces.services = slow
ports = {"http_port": 0, "otlp_grpc_port": 0, "otlp_http_port": 0, "doors": ["otlp"]}
sys.exit(run_server(load_settings({"data_dir": sys.argv[1], "ready_file": sys.argv[2], **ports}, {})))
"""
STOPPED_WITHIN_S = 10.0  # the query itself may take 15 s


def test_stopping_drops_running_questions(tmp_path: Path) -> None:
    """On SIGTERM a question that would take minutes is answered with 503 after a second, and the exit is clean."""
    ready_file = tmp_path / "ready.json"
    command = [sys.executable, "-c", SERVER, str(tmp_path / "data"), str(ready_file)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        deadline_s = time.monotonic() + 60
        while not ready_file.exists():
            assert time.monotonic() < deadline_s
            threading.Event().wait(0.05)
        with httpx.Client(base_url=f"http://{json.loads(ready_file.read_text())['http']}", timeout=60) as client:
            answers: list[httpx.Response] = []
            asking = threading.Thread(target=lambda: answers.append(client.get("/api/clew/v1/services")))
            asking.start()
            while "clew_query_busy_handles 1.0" not in client.get("/metrics").text:
                assert time.monotonic() < deadline_s
            told_s = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
            assert time.monotonic() - told_s < STOPPED_WITHIN_S
            asking.join(30)
        assert [answer.status_code for answer in answers] == [503]
        assert "Clew is stopping" in answers[0].json()["error"]["message"]
    finally:
        process.kill()
        process.wait(30)
