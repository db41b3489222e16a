"""The doors of a Clew that the commands use: OTLP in, REST out; what comes in can be read from `requests`."""

from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class IngestDoor:
    """Keeps each request once per Idempotency-Key, as Clew promises; `rest` answers everything but `/v1/…`."""

    rest: Any
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    keys: dict[str, bytes] = field(default_factory=dict)
    refusals: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    partial_success: bytes = b""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI."""
        if not scope["path"].startswith("/v1/"):
            await self.rest(scope, receive, send)
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status, answer_headers, content = self._answer(scope["path"], headers, body)
        raw = [(name.encode(), value.encode()) for name, value in answer_headers.items()]
        raw.append((b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        if self.refusals:
            return self.refusals.pop(0)
        key = headers.get("idempotency-key", "")
        assert key
        assert headers["content-type"] == "application/x-protobuf"
        if key in self.keys:
            assert self.keys[key] == body
            return 200, {"Idempotency-Replayed": "true"}, b""
        self.keys[key] = body
        self.requests.append((path, body))
        return 200, {}, self.partial_success

    def spans(self) -> list[Any]:
        """All spans that are kept, in the order of arrival."""
        requests = [ExportTraceServiceRequest.FromString(body) for path, body in self.requests if path == "/v1/traces"]
        return [
            span
            for request in requests
            for block in request.resource_spans
            for s in block.scope_spans
            for span in s.spans
        ]
