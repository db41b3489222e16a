"""TLS handshakes on listening sockets: only so many at a time, and each only for a while."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Sequence

_LOG = logging.getLogger(__name__)

HANDSHAKE_TIMEOUT_S = 10.0
FAREWELL_TIMEOUT_S = 2.0
"""For the client's half of the farewell, once a connection is closed; asyncio would wait for 30 s."""
_PAUSE_S = 0.1


class Handshakes:
    """Accepts connections, and hands each over to a protocol of its own once it is encrypted.

    At most `most` clients are at it at a time: a further one takes the place of who began first. An event loop's own
    server counts them nowhere, so that clients that connect and keep silent would take each descriptor there is. Those
    that are through are the protocol's affair.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        make_protocol: Callable[[], asyncio.Protocol],
        most: int,
        timeout_s: float = HANDSHAKE_TIMEOUT_S,
    ) -> None:
        self._context = context
        self._make_protocol = make_protocol
        self._most = most
        self._timeout_s = timeout_s
        self._accepting: list[asyncio.Task[None]] = []
        self._under_way: dict[asyncio.Task[None], None] = {}  # in the order in which they began

    def begin(self, listeners: Sequence[socket.socket]) -> None:
        """Accept on these sockets, which stay the caller's."""
        for listener in listeners:
            listener.setblocking(False)
        self._accepting = [asyncio.create_task(self._accept(listener)) for listener in listeners]

    async def end(self) -> None:
        """Accept nobody any more, and part with those that aren't through."""
        await _cancel(self._accepting)
        await _cancel(list(self._under_way))

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listener)
            except OSError as error:  # no descriptor is left, or the client went away meanwhile
                _LOG.debug("nobody was accepted (%s)", error.strerror)
                self._part_with_oldest()
                await asyncio.sleep(_PAUSE_S)
                continue
            if len(self._under_way) >= self._most:
                self._part_with_oldest()
            task = asyncio.create_task(self._shake_hands(connection))
            self._under_way[task] = None
            task.add_done_callback(self._leave)

    async def _shake_hands(self, connection: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._make_protocol,
                connection,
                ssl=self._context,
                ssl_handshake_timeout=self._timeout_s,
                ssl_shutdown_timeout=FAREWELL_TIMEOUT_S,
            )
        except OSError as error:  # plain text, an authority that we don't know, silence: theirs to mend
            _LOG.debug("a TLS handshake came to nothing (%s)", error)

    def _part_with_oldest(self) -> None:
        oldest = next(iter(self._under_way), None)
        if oldest is not None:
            oldest.cancel()
            self._leave(oldest)

    def _leave(self, task: asyncio.Task[None]) -> None:
        self._under_way.pop(task, None)


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    await asyncio.sleep(0)  # a task that never began would not close what it was given
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
