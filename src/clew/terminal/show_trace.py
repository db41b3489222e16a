"""`clew trace`: one trace as a waterfall, or as OTLP JSON."""

import sys

from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from clew.errors import BadQuery
from clew.model.ids import parse_trace_id
from clew.terminal.connection import PROTOBUF, REST, Connection
from clew.terminal.screen import data_console, plain_json
from clew.terminal.waterfall import draw_trace


def show_trace(server: str, trace_id_text: str, as_json: bool) -> int:
    """Writes the trace to stdout; 0. Raises NotFound, BadQuery or RemoteError."""
    try:
        trace_id = parse_trace_id(trace_id_text).hex()
    except ValueError as error:
        raise BadQuery("ID", str(error)) from error
    with Connection(server) as connection:
        body = connection.get_bytes(f"{REST}/traces/{trace_id}", "application/json" if as_json else PROTOBUF)
    if as_json:
        sys.stdout.write(plain_json(body.decode()) + "\n")
        return 0
    console = data_console()
    for line in draw_trace(TracesData.FromString(body), console.width, console.encoding.startswith("utf")):
        console.print(line, no_wrap=True, overflow="ignore", crop=False)
    return 0
