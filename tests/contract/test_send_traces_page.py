"""The program in docs/guides/send-traces.md does what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tests.server_process import ServerProcess

PAGE = Path(__file__).parents[2] / "docs/guides/send-traces.md"
TIMEOUT_S = 60.0


def test_the_python_program_of_the_page_sends_its_trace(server: ServerProcess, tmp_path: Path) -> None:
    """Run as it stands, it leaves one trace of its service, with an attribute and both kinds of error."""
    program, *_ = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (tmp_path / "app.py").write_text(program, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://{server.otlp_http}"
    subprocess.run(
        [sys.executable, "-W", "error", "app.py"], cwd=tmp_path, env=environment, check=True, timeout=TIMEOUT_S
    )
    server.wait_loaded()
    [sent] = server.export(service="checkout", attr="user.id=u-0042")
    spans = [span for block in sent.resource_spans for scope in block.scope_spans for span in scope.spans]
    assert sorted(span.name for span in spans) == ["charge card", "charge card", "place order"]
    failed = [span for span in spans if span.status.code == Status.STATUS_CODE_ERROR]
    assert sorted((span.name, span.events[0].name) for span in failed) == [
        ("charge card", "exception"),
        ("place order", "exception"),
    ]
    assert {
        attribute.value.int_value
        for span in spans
        for attribute in span.attributes
        if attribute.key == "order.total_cents"
    } == {1250, 990}
