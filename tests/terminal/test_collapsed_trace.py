from opentelemetry.proto.trace.v1.trace_pb2 import Status
from rich.cells import cell_len

from clew.terminal.collapsed_trace import CHILD_ROWS, draw_collapsed
from clew.terminal.connection import Connection
from tests.api.memory_reader import MemoryReader, make_span, make_trace

TRACE = f"{7:032x}"


def _draw(server: str, reader: MemoryReader, width: int) -> list[str]:
    children = [make_span(f"step {number} \x1b[31m{'x' * 90}", number, parent_id=1) for number in range(2, 52)]
    children[3].status.code = Status.STATUS_CODE_ERROR
    grandchild = make_span("deep", 100, parent_id=5)
    reader.held[bytes.fromhex(TRACE)] = make_trace(
        7, {"shop": [make_span("root", 1, length_ms=60_000), *children, grandchild]}
    )
    with Connection(server) as connection:
        return [line.plain for line in draw_collapsed(connection, TRACE, width)]


def test_the_top_and_its_first_children_are_drawn(server: str, reader: MemoryReader) -> None:
    """What is below each is counted; what isn't drawn is said."""
    lines = _draw(server, reader, 160)
    assert lines[0] == f"trace {TRACE}"
    assert "52 spans, 1 services, 1 errors, 3 levels" in lines[1]
    assert lines[2].startswith("shop root")
    assert lines[2].endswith("1 m 00 s  +51 below, 1 failed")
    assert len(lines) == 3 + CHILD_ROWS + 1
    assert lines[-1] == f"  … and {50 - CHILD_ROWS} more"
    (failed,) = [line for line in lines if line.startswith("  ! ")]
    assert failed.endswith("+1 below")


def test_what_the_drawing_lacks_is_said(server: str, reader: MemoryReader) -> None:
    """Of a trace to which spans came just now, how many aren't shown; nothing when all are."""
    assert not any("just now" in line for line in _draw(server, reader, 160))
    reader.newer_span_count = 1234
    assert _draw(server, reader, 160)[2] == "1,234 more spans came just now and are not shown; ask again"


def test_no_line_is_wider_than_the_terminal(server: str, reader: MemoryReader) -> None:
    """Long names are cut, and control characters in them are signs."""
    lines = _draw(server, reader, 70)
    assert max(cell_len(line) for line in lines[2:]) <= 70
    assert "\x1b" not in "".join(lines)
