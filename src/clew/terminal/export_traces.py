"""`clew export`: the traces that filters find, into a file; the file appears only when it is complete."""

import errno
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import zstandard
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
from rich.progress import Progress, SpinnerColumn, TextColumn

from clew.errors import BadQuery
from clew.terminal.connection import REST, Connection
from clew.terminal.count import counted
from clew.terminal.screen import note, note_console
from clew.terminal.search_traces import TraceFilters
from clew.terminal.telemetry_file import read_framed
from clew.wire.otlp_json import traces_to_json
from clew.wire.otlp_pieces import write_varint

_FORMS = ".otlp, .otlp.zst, .json or .jsonl"


def export_traces(server: str, filters: TraceFilters, output: str) -> int:
    """Writes one message per trace to `output` (`-` is stdout, as .otlp); 0."""
    encode, is_compressed = _form_of(output)
    with Connection(server) as connection:
        store = connection.get_json(f"{REST}/status")["store"]
        # A key for one tenant isn't told how many there are.
        if_any = ", if there are any," if store is None else ""
        more = f"; log records{if_any} are not exported yet" if store is None or store["logs"] > 0 else ""
        try:
            with _opened(output, is_compressed) as file:
                count = _write_traces(connection, filters, encode, file)
        except KeyboardInterrupt:
            note("stopped; the output is incomplete" if output == "-" else f"stopped; no file {output} was written")
            raise
    to = "standard output" if output == "-" else output
    text = f"{counted(count, 'trace')} exported to {to}" if count else f"no trace was found; {to} is empty"
    note(f"{text}{more}")
    return 0


def _write_traces(
    connection: Connection, filters: TraceFilters, encode: Callable[[bytes], bytes], file: BinaryIO
) -> int:
    count = written = 0
    with _progress() as progress, connection.stream(f"{REST}/export", filters.params()) as chunks:
        task = progress.add_task("", text="")
        for request in read_framed(chunks, "the export"):
            data = encode(request.payload)
            file.write(data)
            count, written = count + 1, written + len(data)
            progress.update(task, text=f"{counted(count, 'trace')}, {written / 1e6:,.1f} MB")
    return count


def _form_of(output: str) -> tuple[Callable[[bytes], bytes], bool]:
    if output.endswith((".json", ".jsonl")):
        return _json_line, False
    if output == "-" or output.endswith((".otlp", ".otlp.zst")):
        return _delimited, output.endswith(".zst")
    raise BadQuery("output", f"{output!r} has no known form; end it with {_FORMS}")


def _delimited(payload: bytes) -> bytes:
    return write_varint(len(payload)) + payload


def _json_line(payload: bytes) -> bytes:
    return traces_to_json(TracesData.FromString(payload)) + b"\n"


@contextmanager
def _opened(output: str, is_compressed: bool) -> Iterator[BinaryIO]:
    if output == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(output)
    handle, scratch = _scratch_file(path)
    try:
        with os.fdopen(handle, "wb") as file:
            if is_compressed:
                with zstandard.ZstdCompressor(level=3).stream_writer(file, closefd=False) as writer:
                    yield cast("BinaryIO", writer)
            else:
                yield file
        Path(scratch).chmod(0o666 & ~_umask())
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def _scratch_file(path: Path) -> tuple[int, str]:
    """A new file beside `path`, as mkstemp gives it; what is wrong is said of `path`."""
    if path.is_dir():
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    try:
        return tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _progress() -> Progress:
    console = note_console()
    columns = (SpinnerColumn(), TextColumn("{task.fields[text]}"))
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
