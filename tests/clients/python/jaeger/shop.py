"""Two services of one shop, traced with jaeger-client, which tracing.py sets up."""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import Request, urlopen

from opentracing import Format, Tracer, child_of, follows_from

from tests.clients.python.jaeger.remote_sampler import start_remotely_sampled
from tests.clients.python.jaeger.tracing import start_tracing, stop_tracing


def front(tracer: Tracer, url: str) -> None:
    """Place an order, which takes a call."""
    tags = {
        "order.id": "o-0042 λ 🧵",
        "order.note": "",
        "order.express": True,
        "order.paid": False,
        "order.total_cents": 1250,
        "order.highest": 2**63 - 1,
        "order.lowest": -(2**63),
        "order.weight_kg": 0.1,
        "order.smallest": 5e-324,
        "order.rate": 3.0,
    }
    with tracer.start_active_span("place order", tags=tags) as order:
        order.span.log_kv({"event": "accepted", "queue": "fast", "attempt": 1})
        with tracer.start_active_span("POST /charge", tags={"span.kind": "client", "http.method": "POST"}) as call:
            headers: dict[str, str] = {}
            tracer.inject(call.span.context, Format.HTTP_HEADERS, headers)
            if url:
                urlopen(Request(url, b"", headers)).close()
    sys.stdout.write(json.dumps({"trace_id": f"{order.span.trace_id:032x}"}))


def charge(tracer: Tracer, headers: dict[str, str]) -> None:
    """Serve a call: the card has expired, the receipt is written late."""
    caller = tracer.extract(Format.HTTP_HEADERS, headers)
    with tracer.start_active_span("charge", child_of=caller, tags={"span.kind": "server"}) as charging:
        with tracer.start_active_span("check card") as check:
            check.span.set_tag("error", True)
            check.span.log_kv({"event": "error", "error.kind": "ValueError", "message": "the card has expired"})
        with tracer.start_active_span("send receipt", tags={"span.kind": "producer"}) as receipt:
            references = [child_of(receipt.span.context), follows_from(charging.span.context)]
            tags = {"span.kind": "consumer"}
            tracer.start_span("write receipt", references=references, tags=tags, ignore_active_span=True).finish()


def back(tracer: Tracer) -> None:
    """Charge cards until standard input ends."""

    class Charge(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            charge(tracer, dict(self.headers))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Charge) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        sys.stdout.write(json.dumps({"port": server.server_port}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
        server.shutdown()
        serving.join()


def main(role: str, url: str = "") -> None:
    """Start tracing, play the role, send."""
    service = os.environ["JAEGER_SERVICE_NAME"]
    sampling_port = os.environ.get("SAMPLING_PORT")
    tracer = start_remotely_sampled(service, int(sampling_port)) if sampling_port else start_tracing(service)
    if role == "back":
        back(tracer)
    else:
        front(tracer, url)
    stop_tracing(tracer)


if __name__ == "__main__":
    main(*sys.argv[1:])
