"""`clew trace`: one trace as a waterfall, collapsed when it is too large for that, or as OTLP JSON."""

import sys

from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from clew.errors import BadQuery, QueryTooExpensive
from clew.model.ids import parse_trace_id
from clew.terminal.collapsed_trace import draw_collapsed
from clew.terminal.connection import PROTOBUF, REST, Connection
from clew.terminal.screen import data_console, note, plain_json
from clew.terminal.waterfall import draw_trace

JSON = "application/json"


def show_trace(server: str, trace_id_text: str, as_json: bool) -> int:
    """Writes the trace to stdout; 0. Raises NotFound, BadQuery or RemoteError."""
    try:
        trace_id = parse_trace_id(trace_id_text).hex()
    except ValueError as error:
        raise BadQuery("ID", str(error)) from error
    with Connection(server) as connection:
        if as_json:
            sys.stdout.write(plain_json(connection.get_bytes(f"{REST}/traces/{trace_id}", JSON).decode()) + "\n")
        else:
            _draw(connection, trace_id)
    return 0


def _draw(connection: Connection, trace_id: str) -> None:
    console = data_console()
    try:
        trace = TracesData.FromString(connection.get_bytes(f"{REST}/traces/{trace_id}", PROTOBUF))
    except QueryTooExpensive:
        lines = draw_collapsed(connection, trace_id, console.width)
        note(f"this trace is too large to be drawn whole; open {connection.server}/trace/{trace_id} to look into it")
    else:
        lines = draw_trace(trace, console.width, console.encoding.startswith("utf"))
    for line in lines:
        console.print(line, no_wrap=True, overflow="ignore", crop=False)
