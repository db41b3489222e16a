"""TLS for every TCP port, with certificates that change while connections go on."""

import contextlib
import logging
import os
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc

from clew.errors import ConfigurationError

_LOG = logging.getLogger(__name__)

_Signature = tuple[tuple[int, int, int], ...]
_PROTOCOLS = ["http/1.1"]


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """PEM files; without `cert_file` nothing is encrypted. With `client_ca_file` clients need a certificate, too."""

    cert_file: Path | None = None
    """The server's certificate, and those between it and the authority."""
    key_file: Path | None = None
    """Its private key, without a password."""
    client_ca_file: Path | None = None
    """The authorities whose certificates clients may show."""


def check_tls(settings: TlsSettings) -> None:
    """Raises ConfigurationError when one setting lacks the other."""
    if (settings.cert_file is None) != (settings.key_file is None):
        raise ConfigurationError("tls.cert_file and tls.key_file belong together; set both, or neither")
    if settings.client_ca_file is not None and settings.cert_file is None:
        raise ConfigurationError("tls.client_ca_file takes tls.cert_file and tls.key_file; set them, too")


@dataclass(frozen=True, slots=True)
class _Identity:
    """What was in the files, and a context made of it."""

    certificate: bytes
    key: bytes
    client_ca: bytes | None
    context: ssl.SSLContext

    def for_grpc(self) -> grpc.ServerCertificateConfiguration:
        return grpc.ssl_server_certificate_configuration([(self.key, self.certificate)], self.client_ca)


class Certificates:
    """The server's identity as the files have it at each new connection; from any thread.

    Files that change are read anew; connections that are open live on with what they began with. What can't be used
    leaves the old certificate in force, with a complaint. Raises ConfigurationError when there is none to begin with.
    """

    def __init__(self, settings: TlsSettings) -> None:
        check_tls(settings)
        if settings.cert_file is None or settings.key_file is None:
            raise ConfigurationError("tls.cert_file and tls.key_file are not set; name the PEM files")
        self._files = [settings.cert_file, settings.key_file]
        self._files += [] if settings.client_ca_file is None else [settings.client_ca_file]
        self._needs_client = settings.client_ca_file is not None
        self._lock = threading.Lock()
        self._seen = _signature(self._files)
        self._identity = _read(self._files)

    def context(self) -> ssl.SSLContext:
        """For an asyncio server: each handshake takes the identity of its moment."""
        with self._lock:
            begin = self._identity
        outer = _make_context(begin.certificate, begin.key, begin.client_ca)

        def take_current(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
            connection.context = self._current().context

        outer.sni_callback = take_current  # called at each handshake, also of clients that name no server
        return outer

    def grpc_credentials(self) -> grpc.ServerCredentials:
        """For a gRPC server, in the same way."""
        given = [self._current()]

        def fetch() -> grpc.ServerCertificateConfiguration | None:
            current = self._current()
            if current is given[0]:
                return None
            given[0] = current
            return current.for_grpc()

        # The stubs know of no None, which grpcio's own documentation asks for where nothing changed.
        return grpc.dynamic_ssl_server_credentials(given[0].for_grpc(), fetch, self._needs_client)  # type: ignore[arg-type]  # see above

    def _current(self) -> _Identity:
        """Three calls of stat in most cases: 5 us of a handshake that takes a thousand."""
        with self._lock:
            signature = _signature(self._files)
            if signature != self._seen:
                self._seen = signature
                try:
                    self._identity = _read(self._files)
                    _LOG.info("new connections get the certificate that %s has now", self._files[0])
                except ConfigurationError as error:
                    _LOG.error("%s; new connections get the certificate of before", error)
            return self._identity


def _signature(files: list[Path]) -> _Signature:
    return tuple(_signed(path) for path in files)


def _signed(path: Path) -> tuple[int, int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0, 0
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read(files: list[Path]) -> _Identity:
    contents = []
    for path in files:
        try:
            contents.append(path.read_bytes())
        except OSError as error:
            raise ConfigurationError(f"the TLS file {path} can't be read ({error.strerror})") from error
    certificate, key, *authority = contents
    try:
        context = _make_context(certificate, key, *authority)
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error)
        named = ", ".join(map(str, files))
        raise ConfigurationError(
            f"the TLS files {named} can't be used ({reason}); they must be PEM, the key that of the certificate, and "
            "without a password"
        ) from error
    return _Identity(certificate, key, authority[0] if authority else None, context)


def _make_context(certificate: bytes, key: bytes, authority: bytes | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(_PROTOCOLS)
    with _as_file(certificate) as certificate_file, _as_file(key) as key_file:
        context.load_cert_chain(certificate_file, key_file, _no_password)
    if authority is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=authority.decode("ascii", "replace"))
        # A resumed session would get around an authority that was taken away.
        context.num_tickets = 0
        context.options |= ssl.OP_NO_TICKET
    return context


@contextlib.contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """A path for OpenSSL, which reads no bytes: what is checked is what was read, though the file changes meanwhile."""
    descriptor = os.memfd_create("clew-tls")
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(content)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _no_password() -> bytes:
    """Instead of a question on the terminal, which nobody answers."""
    raise ValueError("the key has a password")
