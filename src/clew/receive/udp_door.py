"""A door over UDP: each datagram is a message, translated to OTLP, checked and put into the journal.

Nobody is answered, so nothing is promised: what is refused, what finds the journal full, and what the kernel drops
while this thread is busy is lost, and counted.
"""

import contextlib
import logging
import socket
import struct
import threading
from collections.abc import Callable

from clew.errors import JournalClosed
from clew.journal.complaint import Complaint
from clew.journal.record import AppendResult
from clew.receive.admission import Caller
from clew.receive.counters import reason_of
from clew.receive.entrance import Entrance
from clew.receive.intake import TRACES, append_checked, stream_name
from clew.wire.otlp_check import CheckedRequest

_LOG = logging.getLogger(__name__)
_MAX_DATAGRAM_BYTES = 65_535
_BUFFER_BYTES = 8 * 2**20
"""Asked of the kernel, which gives what net.core.rmem_max allows."""
_SO_RXQ_OVFL = 40
"""Linux: with each datagram comes the number of those that were dropped on this socket so far."""
_DROP_COUNT = struct.Struct("=I")
_STOP_TIMEOUT_S = 5.0


class UdpDoor:
    """A thread that reads a bound socket until stopped. `protocol` is the name in metrics."""

    def __init__(
        self, listener: socket.socket, protocol: str, to_otlp: Callable[[bytes], bytes], entrance: Entrance
    ) -> None:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        with contextlib.suppress(OSError):  # not on every kernel
            listener.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
        self._listener = listener
        self._protocol = protocol
        self._to_otlp = to_otlp
        self._entrance = entrance
        self._complaint = Complaint(_LOG)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"clew-{protocol}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take what is in the socket already, then close it."""
        self._stopping.set()
        # A datagram of our own wakes the thread; closing the socket would not.
        with contextlib.suppress(OSError), socket.socket(self._listener.family, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", self._listener.getsockname())
        self._thread.join(_STOP_TIMEOUT_S)
        self._listener.close()

    def _run(self) -> None:
        while True:
            try:
                datagram, ancillary, _, _ = self._listener.recvmsg(_MAX_DATAGRAM_BYTES, socket.CMSG_SPACE(4))
            except OSError as error:
                self._complaint.tell(f"{self._protocol}: the socket can't be read: {error}")
                return
            self._count_drops(ancillary)
            if datagram:
                self._take(datagram)
            elif self._stopping.is_set():
                return

    def _count_drops(self, ancillary: list[tuple[int, int, bytes]]) -> None:
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == _SO_RXQ_OVFL:
                self._entrance.counters.dropped(self._protocol, _DROP_COUNT.unpack(data[:4])[0])

    def _take(self, datagram: bytes) -> None:
        entrance = self._entrance
        try:
            caller = entrance.admission.admit_without_headers()
            checked = entrance.check(TRACES, self._to_otlp(datagram), caller.limits)
            stream = stream_name(TRACES, caller.tenant)
            append_checked(entrance.intake, stream, checked, None, lambda result: self._done(caller, checked, result))
        except JournalClosed:
            self._refused(JournalClosed("Clew is stopping"))
        except Exception as error:  # noqa: BLE001  # one bad datagram must not end the door
            self._refused(error)

    def _done(self, caller: Caller, checked: CheckedRequest, result: AppendResult | Exception) -> None:
        if isinstance(result, Exception):
            self._refused(result)
        else:
            counters = self._entrance.counters
            counters.accepted(self._protocol, TRACES, checked.span_count, checked.rejected, len(checked.payload))
            caller.accepted(checked.span_count, checked.rejected, len(checked.payload))

    def _refused(self, error: Exception) -> None:
        self._entrance.counters.refused(self._protocol, TRACES, reason_of(error))
        self._complaint.tell(f"{self._protocol}: a datagram was lost: {error}")
