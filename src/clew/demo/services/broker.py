"""The message broker: named queues in SQLite, JSON lines over TCP, leases, redelivery and a queue for the dead.

Like most brokers it isn't instrumented: the trace goes through it in the headers of the messages.
"""

import asyncio
import json
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from clew.demo.service import listening_socket
from clew.demo.settings import Peers, ServiceSettings

LEASE_S = 30.0
MAX_DELIVERIES = 3
MAX_LINE_BYTES = 1 << 20

_SCHEMA = """
create table if not exists message (
    id integer primary key autoincrement, queue text not null, body text not null, headers text not null,
    visible_at_s real not null, deliveries integer not null default 0
);
create index if not exists message_by_queue on message (queue, visible_at_s, id);
"""
_LEASE = """
update message set visible_at_s = :now_s + :lease_s, deliveries = deliveries + 1
where id in (select id from message where queue = :queue and visible_at_s <= :now_s order by id limit :max_messages)
returning id, body, headers, deliveries
"""
_GIVE_BACK = """
update message set visible_at_s = 0, queue = iif(deliveries < :max_deliveries, queue, queue || '.dead')
where id = :id returning queue
"""


class MessageStore:
    """The queues of the broker in one SQLite file. A message MUST be on disk when `publish` returns."""

    def __init__(self, path: Path, now_s: Callable[[], float] = time.time) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        self._db.executescript(_SCHEMA)
        self._now_s = now_s

    def publish(self, queue: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> int:
        cursor = self._db.execute(
            "insert into message (queue, body, headers, visible_at_s) values (?, ?, ?, 0)",
            (queue, json.dumps(body), json.dumps(headers)),
        )
        return int(cursor.lastrowid or 0)

    def lease(self, queue: str, max_messages: int) -> list[dict[str, Any]]:
        """The oldest messages nobody holds; whoever doesn't settle one in LEASE_S loses it to the next."""
        wanted = {"queue": queue, "max_messages": max_messages, "now_s": self._now_s(), "lease_s": LEASE_S}
        rows = sorted(self._db.execute(_LEASE, wanted).fetchall())
        return [
            {"id": id_, "body": json.loads(body), "headers": json.loads(headers), "deliveries": deliveries}
            for id_, body, headers, deliveries in rows
        ]

    def ack(self, message_id: int) -> None:
        self._db.execute("delete from message where id = ?", (message_id,))

    def nack(self, message_id: int) -> str:
        """Put a message back in its queue, or among the dead after MAX_DELIVERIES; names the queue, '' if unknown."""
        rows = self._db.execute(_GIVE_BACK, {"id": message_id, "max_deliveries": MAX_DELIVERIES}).fetchall()
        return str(rows[0][0]) if rows else ""

    def close(self) -> None:
        self._db.close()


class Broker:
    """The TCP server around a MessageStore."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "broker.sqlite"
        self._socket = listening_socket()
        self._arrivals: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._store: MessageStore

    def bind(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def serve(self, peers: Peers, stop: threading.Event) -> None:
        self._store = MessageStore(self._path)
        asyncio.run(self._serve_until(stop))
        self._store.close()
        self._path.unlink()

    async def _serve_until(self, stop: threading.Event) -> None:
        server = await asyncio.start_server(self._converse, sock=self._socket, limit=MAX_LINE_BYTES)
        await asyncio.to_thread(stop.wait)
        server.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                answer = await self._answer(json.loads(line))
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError, KeyError, asyncio.CancelledError):
            pass  # a client that went away or talks nonsense loses its connection and nothing else
        finally:
            writer.close()

    async def _answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        match request["op"]:
            case "publish":
                message_id = self._store.publish(request["queue"], request["body"], request["headers"])
                self._arrivals[request["queue"]].set()
                return {"id": message_id}
            case "receive":
                return {"messages": await self._receive(request)}
            case "ack":
                self._store.ack(request["id"])
                return {}
            case "nack":
                self._arrivals[self._store.nack(request["id"])].set()
                return {}
        raise ValueError("unknown operation")

    async def _receive(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        arrival = self._arrivals[request["queue"]]
        deadline_s = time.monotonic() + request["wait_s"]
        while True:
            arrival.clear()
            messages = self._store.lease(request["queue"], request["max_messages"])
            wait_s = deadline_s - time.monotonic()
            if messages or wait_s <= 0:
                return messages
            try:
                await asyncio.wait_for(arrival.wait(), wait_s)
            except TimeoutError:
                continue


def build(settings: ServiceSettings) -> Broker:
    """The process as `process.py` runs it."""
    return Broker(Path(settings.directory))
