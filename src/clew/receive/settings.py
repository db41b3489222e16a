"""Every limit of the write door."""

from dataclasses import dataclass

from clew.model.trace import DEFAULT_TENANT

_MIB = 2**20


@dataclass(frozen=True, slots=True)
class ReceiveSettings:
    """Sizes are bytes, times seconds.

    Memory: bodies and what they inflate to are counted in `max_in_flight_bytes` until the journal has them; beyond it
    clients are told to come back. A hostile body costs at most its inflated size plus `check_threads` conversions.
    """

    tenant: str = DEFAULT_TENANT

    max_body_bytes: int = 32 * _MIB
    """What an HTTP client may send, compressed or not."""
    max_inflated_bytes: int = 64 * _MIB
    """What a body may inflate to; also the largest gRPC message."""
    max_json_bytes: int = 16 * _MIB
    """JSON is held several times over while it is converted, protobuf is not."""
    max_in_flight_bytes: int = 256 * _MIB
    max_attributes: int = 10_000
    """On one span, log record, resource or scope."""

    body_stall_timeout_s: float = 30.0
    """How long an HTTP client may send nothing in the middle of a body."""
    body_timeout_s: float = 300.0
    """How long a whole body may take."""
    drain_timeout_s: float = 10.0
    """How long a refused body is still read and thrown away, so that the client gets to read the answer."""
    journal_timeout_s: float = 30.0
    """How long the journal may take; then the client is told to send again."""
    retry_after_s: float = 1.0
    """What clients are told to wait when memory is full."""

    check_threads: int = 2
    """Bodies above `inline_bytes` are inflated and checked here, so that the event loop stays free."""
    inline_bytes: int = 256 * 1024
    cors_allow_origins: tuple[str, ...] = ()
    """Web pages that may send besides those of this machine; `*`: any."""
    cors_max_age_s: int = 7200

    grpc_threads: int = 2048
    """Each waits for a message to arrive and for the journal's fsync; they are made when they are needed."""
    grpc_max_concurrent_rpcs: int = 2048
    grpc_max_connection_rpcs: int = 128
    """Calls that one connection may have open; a client waits with more."""
    grpc_message_timeout_s: float = 10.0
    """How long a call may take to send its message, and a connection to begin."""
    grpc_stream_silence_s: float = 600.0
    """How long a stream of messages may be silent; agents keep one open as long as they live."""
    grpc_max_connection_idle_s: float = 60.0
    """When a connection without calls is closed; clients connect anew without noticing."""
    grpc_max_connection_age_s: float = 120.0
    """Healthy clients reconnect without noticing."""
    grpc_connection_grace_s: float = 20.0
