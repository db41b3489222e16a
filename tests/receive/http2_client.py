"""A gRPC call by hand over a socket, for what no client library would send."""

import socket
import struct

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST, _SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
_END_STREAM, _END_HEADERS, _ACK = 1, 4, 1


class HandmadeCall:
    """One unary call on stream 1 of a connection of its own."""

    def __init__(self, address: str, method: str, headers: dict[str, str]) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=30)
        self._connection_window = self._stream_window = 65535
        self._initial_window = 65535
        self._buffer = b""
        self.closed_by_server = False
        self.answer = bytearray()
        fields = {
            ":method": "POST",
            ":scheme": "http",
            ":path": method,
            ":authority": address,
            "content-type": "application/grpc",
            "te": "trailers",
            **headers,
        }
        block = b"".join(_literal(name, value) for name, value in fields.items())
        self._socket.sendall(_PREFACE + _frame(_SETTINGS, 0, 0, b""))
        self._socket.sendall(_frame(_HEADERS, _END_HEADERS, 1, block))

    def send_message(self, message: bytes, compressed: bool) -> None:
        """Send one length-prefixed message and end the stream; stops early when the server closed it."""
        data = struct.pack(">BI", compressed, len(message)) + message
        sent = 0
        while sent < len(data) and not self.closed_by_server:
            room = min(self._connection_window, self._stream_window, 16384, len(data) - sent)
            if room <= 0:
                self._read_frame()
                continue
            ending = _END_STREAM if sent + room == len(data) else 0
            self._socket.sendall(_frame(_DATA, ending, 1, data[sent : sent + room]))
            self._connection_window -= room
            self._stream_window -= room
            sent += room

    def wait_until_closed(self) -> bytes:
        """All header and data bytes of the answer, once the server has ended the stream or the connection."""
        while not self.closed_by_server:
            self._read_frame()
        self._socket.close()
        return bytes(self.answer)

    def close(self) -> None:
        """Leave without a word."""
        self._socket.close()

    def _read_frame(self) -> None:
        head = self._read(9)
        if len(head) < 9:
            self.closed_by_server = True
            return
        length, kind, flags, stream = int.from_bytes(head[:3], "big"), head[3], head[4], int.from_bytes(head[5:], "big")
        payload = self._read(length)
        if kind == _SETTINGS and not flags & _ACK:
            self._apply_settings(payload)
        elif kind == _PING and not flags & _ACK:
            self._socket.sendall(_frame(_PING, _ACK, 0, payload))
        elif kind == _WINDOW_UPDATE:
            self._add_window(stream, int.from_bytes(payload, "big"))
        elif kind in (_DATA, _HEADERS, _RST):
            self.answer += payload
            self.closed_by_server = kind == _RST or bool(flags & _END_STREAM)

    def _apply_settings(self, payload: bytes) -> None:
        for at in range(0, len(payload), 6):
            name, value = struct.unpack(">HI", payload[at : at + 6])
            if name == 4:
                self._stream_window += value - self._initial_window
                self._initial_window = value
        self._socket.sendall(_frame(_SETTINGS, _ACK, 0, b""))

    def _add_window(self, stream: int, increment: int) -> None:
        if stream:
            self._stream_window += increment
        else:
            self._connection_window += increment

    def _read(self, count: int) -> bytes:
        while len(self._buffer) < count:
            received = self._socket.recv(65536)
            if not received:
                return b""
            self._buffer += received
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _literal(name: str, value: str) -> bytes:
    # HPACK: literal without indexing, new name, no Huffman; all lengths here are below 127.
    return b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
