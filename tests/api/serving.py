"""A real HTTP server for ASGI applications, on a port of its own."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn


@dataclass
class Served:
    """A running server; `app` may be replaced between requests, which is quicker than another server."""

    url: str
    app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Passes the request to the application of the moment."""
        await self.app(scope, receive, send)


@contextmanager
def serve(app: Any = None) -> Iterator[Served]:
    """Serves on a free port of the loopback. Connections wait in the listener until the server accepts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        served = Served(f"http://127.0.0.1:{listener.getsockname()[1]}", app)
        config = uvicorn.Config(served, ws="none", lifespan="off", log_level="critical", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield served
        finally:
            server.should_exit = True
            thread.join(timeout=10)
