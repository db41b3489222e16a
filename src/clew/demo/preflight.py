"""What is checked before any process of the shop starts."""

import importlib.util
import socket
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from clew.demo.fault import parse_faults
from clew.errors import ConfigurationError

MAX_RATE_PER_S = 1000.0
PROBE_TIMEOUT_S = 1.0
PACKAGES = (
    "aiohttp",
    "fastapi",
    "flask",
    "grpc",
    "opentelemetry.exporter",
    "opentelemetry.instrumentation",
    "opentelemetry.sdk",
    "requests",
    "uvicorn",
)


def check_packages(packages: Sequence[str] = PACKAGES) -> None:
    """Raises ConfigurationError that names what is missing and how to install it."""
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise ConfigurationError(f"the demo shop needs {', '.join(missing)}; in a clone: pip install '.[demo]'")


def check_rate(rate_per_s: float) -> None:
    """Raises ConfigurationError unless it is a number of journeys per second that one machine may bear."""
    if not 0 < rate_per_s <= MAX_RATE_PER_S:
        limit = f"above 0 and up to {MAX_RATE_PER_S:.0f}"
        raise ConfigurationError(f"rate {rate_per_s}: give the number of user journeys per second, {limit}")


def check_http(otlp_http: str) -> str:
    """The URL. Raises ConfigurationError unless it is one of HTTP with a host."""
    parts = urlsplit(otlp_http)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"OTLP/HTTP address {otlp_http!r}: write it like http://127.0.0.1:4318")
    return otlp_http


def check_grpc(otlp_grpc: str) -> str:
    """`host:port`, also of a URL. Raises ConfigurationError when there is no port in it."""
    address = otlp_grpc.removeprefix("http://").rstrip("/")
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise ConfigurationError(f"OTLP/gRPC address {otlp_grpc!r}: write it like 127.0.0.1:4317")
    return address


def faults_by_service(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The texts of each service's faults. Raises ConfigurationError for a wrong one."""
    by_service: dict[str, tuple[str, ...]] = {}
    for fault, text in zip(parse_faults(texts), texts, strict=True):
        by_service[fault.service] = (*by_service.get(fault.service, ()), text)
    return by_service


def unanswered(otlp_http: str, otlp_grpc: str) -> Iterator[str]:
    """The OTLP addresses where nobody answers now; the shop runs without, but its user should know."""
    parts = urlsplit(otlp_http)
    host, _, port = otlp_grpc.rpartition(":")
    default_port = 443 if parts.scheme == "https" else 80
    for shown, address in (
        (otlp_http, (parts.hostname or "", parts.port or default_port)),
        (otlp_grpc, (host.strip("[]"), int(port))),
    ):
        try:
            socket.create_connection(address, PROBE_TIMEOUT_S).close()
        except OSError:
            yield shown
