"""The command line: arguments only; each command calls one function below."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from clew import __version__
from clew.errors import BadQuery, ClewError, ConfigurationError

try:
    from cyclopts import App, Parameter
except ImportError as missing:
    raise SystemExit(
        f"clew: the command line needs more packages ({missing.name} is missing); "
        "in a clone, run: pip install '.[server]'"
    ) from missing

from clew.commands.kept import audit, erase, pin, retention, rules
from clew.commands.parameters import (
    LOCAL_SERVER,
    Attributes,
    Condition,
    Config,
    DataDir,
    End,
    ErrorOnly,
    Faults,
    Json,
    MaxDuration,
    MinDuration,
    Operation,
    Server,
    Service,
    Since,
    Start,
)

if TYPE_CHECKING:
    from clew.server.settings import ServerSettings
    from clew.terminal.doctor import PlannedServer

FAILED, WRONG_USE, INTERRUPTED = 1, 2, 130

app = App(
    name="clew",
    version=__version__,
    help="Distributed tracing in one program: takes OpenTelemetry traces in, keeps them, finds and draws them. "
    "Start with `clew up --demo`.",
    help_format="markdown",
)


@app.command
def up(
    *,
    data_dir: Annotated[Path | None, Parameter(help="Where everything is kept; ./clew-data unless told.")] = None,
    host: Annotated[str | None, Parameter(help="The address to listen on; 127.0.0.1 unless told.")] = None,
    http_port: Annotated[int | None, Parameter(help="Web UI and API; 16686 unless told, 0 takes any.")] = None,
    doors: Annotated[str | None, Parameter(help="Which doors are open, with commas; all unless told.")] = None,
    otlp_grpc_port: Annotated[int | None, Parameter(help="OTLP over gRPC; 4317 unless told.")] = None,
    otlp_http_port: Annotated[int | None, Parameter(help="OTLP over HTTP; 4318 unless told.")] = None,
    ready_file: Annotated[Path | None, Parameter(help="Write the bound addresses here once all listens.")] = None,
    demo: Annotated[bool | None, Parameter(negative="", help="Run the sample shop, too.")] = None,
    fault: Faults = None,
    log_level: Annotated[str | None, Parameter(help="debug, info, warning or error.")] = None,
    trace_self: Annotated[bool | None, Parameter(negative="", help="Clew also traces itself.")] = None,
    allow_anonymous: Annotated[bool | None, Parameter(negative="", help="Nobody who reaches it needs a key.")] = None,
    require_keys: Annotated[bool | None, Parameter(negative="", help="Everybody does, also on this machine.")] = None,
    config: Annotated[
        Path | None, Parameter(env_var="CLEW_CONFIG", help="Settings file; ./clew.toml if there.")
    ] = None,
) -> int:
    """Run everything in one process: receivers, journal, store, API and web UI.

    Settings come from these flags, then `CLEW_*` variables, then `clew.toml`.

    Example: `clew up --demo --fault payment=error:0.2`
    """
    flags = {
        "data_dir": data_dir,
        "host": host,
        "http_port": http_port,
        "doors": None if doors is None else tuple(filter(None, doors.split(","))),
        "otlp_grpc_port": otlp_grpc_port,
        "otlp_http_port": otlp_http_port,
        "ready_file": ready_file,
        "demo": demo,
        "faults": fault,
        "log_level": log_level,
        "trace_self": trace_self,
        "allow_anonymous": allow_anonymous,
        "require_keys": require_keys,
    }
    with _extra("server"):
        from clew.server.run import run_server
        from clew.server.settings import load_settings
    given = {key: value for key, value in flags.items() if value is not None}
    return run_server(load_settings(given, os.environ, config))


@app.command
def agent(
    *,
    gateway: Annotated[
        list[str] | None, Parameter(negative="", help="Where to forward: http://gateway.internal:4318; repeatable.")
    ] = None,
    key_file: Annotated[Path | None, Parameter(help="A file that holds the gateway's ingest key.")] = None,
    ca_file: Annotated[
        Path | None, Parameter(help="The authority of the gateway's certificate, in PEM; the system's unless told.")
    ] = None,
    attribute: Annotated[
        list[str] | None, Parameter(negative="", help="Added to every resource that lacks it, key=value; repeatable.")
    ] = None,
    shared: Annotated[
        str | None, Parameter(help="What clients share with the agent: host (unless told), pod or container.")
    ] = None,
    data_dir: Annotated[Path | None, Parameter(help="Where spans wait; ./clew-agent-data unless told.")] = None,
    host: Annotated[str | None, Parameter(help="The address to listen on; 127.0.0.1 unless told.")] = None,
    http_port: Annotated[int | None, Parameter(help="Metrics and health; 16687 unless told, 0 takes any.")] = None,
    otlp_grpc_port: Annotated[int | None, Parameter(help="OTLP over gRPC; 4317 unless told.")] = None,
    otlp_http_port: Annotated[int | None, Parameter(help="OTLP over HTTP; 4318 unless told.")] = None,
    sampling_port: Annotated[int | None, Parameter(help="Sampling strategies; 5778 unless told.")] = None,
    ready_file: Annotated[Path | None, Parameter(help="Write the bound addresses here once all listens.")] = None,
    log_level: Annotated[str | None, Parameter(help="debug, info, warning or error.")] = None,
    config: Annotated[
        Path | None, Parameter(env_var="CLEW_CONFIG", help="Settings file with [agent]; ./clew.toml if there.")
    ] = None,
) -> int:
    """Take spans on this host, keep them on disk, and forward them to a Clew elsewhere.

    Settings come from these flags, then `CLEW_AGENT_*` variables, then `[agent]` in `clew.toml`.

    Example: `clew agent --gateway http://clew.internal:4318`
    """
    flags = {
        "gateways": gateway,
        "key_file": key_file,
        "ca_file": ca_file,
        "attributes": attribute,
        "shared": shared,
        "data_dir": data_dir,
        "host": host,
        "http_port": http_port,
        "otlp_grpc_port": otlp_grpc_port,
        "otlp_http_port": otlp_http_port,
        "sampling_port": sampling_port,
        "ready_file": ready_file,
        "log_level": log_level,
    }
    with _extra("agent"):
        from clew.agent.run import run_agent
        from clew.agent.settings import load_settings
    given = {key: value for key, value in flags.items() if value is not None}
    return run_agent(load_settings(given, os.environ, config))


@app.command
def demo(
    *,
    otlp_http: Annotated[str, Parameter(help="Where the shop sends OTLP over HTTP.")] = "http://127.0.0.1:4318",
    otlp_grpc: Annotated[str, Parameter(help="Where the shop sends OTLP over gRPC.")] = "127.0.0.1:4317",
    fault: Faults = None,
    rate: Annotated[float, Parameter(help="Customers per second.")] = 2.0,
    duration: Annotated[str, Parameter(help="Stop after this long: 30s, 5m. Runs until Ctrl-C unless told.")] = "",
) -> int:
    """Run a sample shop of real services that sends traces to a running Clew.

    Example: `clew demo --fault inventory=slow:800ms --duration 5m`
    """
    with _extra("demo"):
        from clew.demo.shop import run_shop
    return run_shop(otlp_http, otlp_grpc, tuple(fault or ()), rate, _seconds("duration", duration))


@app.command
def trace(
    trace_id: Annotated[str, Parameter(name="ID", help="The trace id, 32 hex digits.")],
    /,
    *,
    server: Server = LOCAL_SERVER,
    as_json: Json = False,
) -> int:
    """Draw one trace in the terminal.

    Example: `clew trace 5b8aa5a2d2c872e8321cf37308d69df2`
    """
    from clew.terminal.show_trace import show_trace

    return show_trace(server, trace_id, as_json)


@app.command
def search(
    *,
    service: Service = "",
    operation: Operation = "",
    attr: Attributes = None,
    query: Condition = "",
    min_duration: MinDuration = "",
    max_duration: MaxDuration = "",
    error: ErrorOnly = False,
    since: Since = "",
    start: Start = "",
    end: End = "",
    limit: Annotated[int, Parameter(help="At most this many, the newest first.")] = 20,
    server: Server = LOCAL_SERVER,
    as_json: Json = False,
) -> int:
    """List traces, newest first.

    Service, operation, attributes and error must hold on one and the same span.

    Example: `clew search --service checkout --error --attr http.response.status_code=500 --since 1h`
    """
    from clew.terminal.search_traces import TraceFilters, search_traces

    filters = TraceFilters(
        service, operation, tuple(attr or ()), min_duration, max_duration, error, since, start, end, query
    )
    return search_traces(server, filters, limit, as_json)


@app.command(name="import")
def import_(
    *files: Annotated[str, Parameter(name="FILE", allow_leading_hyphen=True, help="A file, or - for standard input.")],
    again: Annotated[bool, Parameter(negative="", help="Import the same content a second time, on purpose.")] = False,
    server: Server = LOCAL_SERVER,
    as_json: Json = False,
) -> int:
    """Load OTLP files: length-delimited protobuf, one request, or JSON; plain, gzip or zstd.

    The form is told by the content. The same content (the bytes of a batch) is stored once, so an import that was
    interrupted or failed can be run again. Don't import an export into the Clew that it came from: spans are not
    compared with those that are stored, so each would be there twice.

    Example: `clew import traces.otlp.zst`
    """
    from clew.terminal.import_files import import_files

    if not files:
        raise BadQuery("FILE", "is missing; name at least one file, or - for standard input")
    for name in files:
        if name.startswith("-") and name != "-":
            raise BadQuery("FILE", f"{name} is no option; see `clew import --help` (a file of that name is ./{name})")
    return import_files(server, files, again, as_json)


@app.command
def export(
    *,
    output: Annotated[
        str,
        Parameter(
            name=["--output", "-o"], allow_leading_hyphen=True, help="A .otlp, .otlp.zst, .json or .jsonl file, or -."
        ),
    ],
    service: Service = "",
    operation: Operation = "",
    attr: Attributes = None,
    query: Condition = "",
    min_duration: MinDuration = "",
    max_duration: MaxDuration = "",
    error: ErrorOnly = False,
    since: Since = "",
    start: Start = "",
    end: End = "",
    server: Server = LOCAL_SERVER,
) -> int:
    """Write traces to a file that `clew import` and other OpenTelemetry tools read.

    Log records are not exported yet. The file appears when it is complete.

    Example: `clew export --service checkout --since 24h --output checkout.otlp.zst`
    """
    from clew.terminal.export_traces import export_traces
    from clew.terminal.search_traces import TraceFilters

    filters = TraceFilters(
        service, operation, tuple(attr or ()), min_duration, max_duration, error, since, start, end, query
    )
    return export_traces(server, filters, output)


@app.command
def doctor(
    *,
    server: Annotated[
        str | None, Parameter(env_var="CLEW_SERVER", help="The address of a running Clew; as set for `clew up`.")
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Check this installation and the server, and say what to do.

    The data directory and the ports are those of `clew up`: from `CLEW_*` variables and `clew.toml`.

    Example: `clew doctor`
    """
    from clew.terminal.doctor import examine

    return examine(_planned_server(data_dir, config), server, as_json)


@app.command
def requeue(
    files: Annotated[
        list[str] | None, Parameter(name="FILE", help="Names of files in the quarantine; all unless told.")
    ] = None,
    /,
    *,
    data_dir: DataDir = None,
    config: Config = None,
) -> int:
    """Put what was set aside in the quarantine back into the journal; `clew up` loads it at its next start.

    Only while Clew is stopped. Damaged segments stay: what could be read of them is stored already.

    Example: `clew requeue`
    """
    with _extra("server"):
        from clew.server.requeue import requeue_files
    return requeue_files(_server_settings(data_dir, config).data_dir, files or [])


for _command in (retention, rules, pin, erase, audit):
    app.command(_command)

keys = App(name="keys", help="Keys for those who send and read: create, list, revoke. On the data directory itself.")
app.command(keys)
Flag = Parameter(negative="")


@keys.command(name="create")
def create_keys(
    name: Annotated[str, Parameter(name="NAME", help="What it is called in lists, logs and metrics.")],
    /,
    *,
    tenant: Annotated[str, Parameter(help="Whose data is sent and read with it; that of `clew up` unless told.")] = "",
    service: Annotated[list[str] | None, Flag, Parameter(help="Only for spans of this service; repeatable.")] = None,
    expires: Annotated[str, Parameter(help="Good for this long: 12h, 30d. For ever unless told.")] = "",
    limit: Annotated[
        list[str] | None, Flag, Parameter(help="spans/s=5k,bytes/s=2M,span_bytes=64k,attributes=9")
    ] = None,
    send: Annotated[bool, Flag, Parameter(help="To send; so is any key without other rights.")] = False,
    read: Annotated[bool, Flag, Parameter(help="To read the tenant's traces.")] = False,
    metrics: Annotated[bool, Flag, Parameter(help="To read /metrics.")] = False,
    admin: Annotated[bool, Flag, Parameter(help="To do everything, also to pin, erase and set rules.")] = False,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Create a key, and show it this once. A running Clew accepts it within a second.

    Example: `clew keys create --tenant shop --service checkout --limit spans/s=5000 --expires 30d checkout`
    """
    settings = _server_settings(data_dir, config)
    from clew.server import keys as made

    rights = made.rights_of(send=send, read=read, metrics=metrics, admin=admin)
    wanted = made.Wanted(name, tenant or settings.tenant, rights, service or (), limit or (), expires)
    return made.create_key(settings.data_dir, wanted, as_json)


@keys.command(name="list")
def list_keys(*, data_dir: DataDir = None, config: Config = None, as_json: Json = False) -> int:
    """List all keys: whose they are, what for, and when they were last used.

    Example: `clew keys list`
    """
    settings = _server_settings(data_dir, config)
    from clew.server.keys import list_keys as show

    return show(settings.data_dir, as_json)


@keys.command(name="revoke")
def revoke_keys(name: str, /, *, data_dir: DataDir = None, config: Config = None, as_json: Json = False) -> int:
    """End a key for good. A running Clew refuses it within two seconds.

    Example: `clew keys revoke checkout`
    """
    settings = _server_settings(data_dir, config)
    from clew.server.keys import revoke_key as revoke

    return revoke(settings.data_dir, name, as_json)


def _server_settings(data_dir: Path | None, config: Path | None) -> "ServerSettings":
    with _extra("server"):
        from clew.server.settings import load_settings
    return load_settings({} if data_dir is None else {"data_dir": data_dir}, os.environ, config)


def main() -> None:
    """The `clew` command."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Runs one command; its exit code: 0 done, 1 failed, 2 wrong use, 130 interrupted."""
    try:
        return int(app(list(arguments), result_action="return_value") or 0)
    except SystemExit as leaving:  # after --help, --version and wrong arguments
        return leaving.code if isinstance(leaving.code, int) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except (ClewError, OSError) as error:
        return _explain(error)


def _explain(error: ClewError | OSError) -> int:
    if isinstance(error, BrokenPipeError):
        # The reader (`| head`) has what it wanted; the interpreter must not complain about it when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    message = str(error)
    if isinstance(error, OSError) and error.filename:
        message = f"{error.filename}: {error.strerror}"
    for line in (message, *getattr(error, "__notes__", ())):
        sys.stderr.write(f"clew: {line}\n")
    return WRONG_USE if isinstance(error, BadQuery | ConfigurationError) else FAILED


def _seconds(key: str, text: str) -> float | None:
    from clew.model.duration import parse_duration_ns

    try:
        return parse_duration_ns(text) / 1e9 if text else None
    except ValueError as error:
        raise BadQuery(key, str(error)) from error


def _planned_server(data_dir: Path | None, config: Path | None) -> "PlannedServer":
    """What `clew up` would start with; whatever is wrong with it is for `clew doctor` to tell."""
    from clew.terminal.doctor import PlannedDoor, PlannedServer

    given = {} if data_dir is None else {"data_dir": data_dir}
    default = PlannedServer() if data_dir is None else PlannedServer(data_dir)
    try:
        from clew.server.settings import load_settings, planned_doors

        settings = load_settings(given, os.environ, config)
    except ImportError:  # the check of the packages names those that are missing
        return default
    except ConfigurationError as error:
        return replace(default, trouble=str(error))
    doors = tuple(PlannedDoor(*each) for each in planned_doors(settings))
    return PlannedServer(settings.data_dir, settings.host, settings.http_port, doors)


@contextmanager
def _extra(name: str) -> Iterator[None]:
    """Imports from an extra that need not be installed."""
    try:
        yield
    except ImportError as error:
        raise ConfigurationError(
            f"this command needs more packages ({error.name} is missing); in a clone, run: pip install '.[{name}]'"
        ) from error


if __name__ == "__main__":
    main()
