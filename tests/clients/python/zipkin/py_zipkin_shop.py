"""Two services of one shop, traced with py_zipkin, which shares the id of a call between its two sides."""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from py_zipkin import Encoding, Kind
from py_zipkin.request_helpers import create_http_headers, extract_zipkin_attrs_from_headers
from py_zipkin.transport import SimpleHTTPTransport
from py_zipkin.zipkin import zipkin_client_span, zipkin_span

ZIPKIN = urlsplit(os.environ["ZIPKIN_URL"])
COMMON = {"service_name": os.environ["SERVICE"], "host": "127.0.0.1"}
ROOT = {
    **COMMON,
    "encoding": Encoding[os.environ["ENCODING"]],
    "transport_handler": SimpleHTTPTransport(ZIPKIN.hostname or "", ZIPKIN.port or 0),
}

B3 = ("X-B3-TraceId", "X-B3-SpanId", "X-B3-ParentSpanId", "X-B3-Flags", "X-B3-Sampled")


def front(url: str) -> None:
    """Place an order, which takes a call."""
    tags = {"order.id": "o-0042 λ 🧵", "order.note": ""}
    order = zipkin_span(
        span_name="place order", sample_rate=100, use_128bit_trace_id=True, binary_annotations=tags, **ROOT
    )
    with order:
        order.add_annotation("accepted")
        with zipkin_client_span(span_name="POST /charge", **COMMON) as call:
            call.add_sa_binary_annotation(8443, "payments", "10.0.0.7")
            headers = {name: value for name, value in create_http_headers().items() if value}
            urlopen(Request(url, b"", headers)).close()
        trace_id = order.zipkin_attrs.trace_id
    sys.stdout.write(json.dumps({"trace_id": trace_id}))


class Charge(BaseHTTPRequestHandler):
    """POST /charge."""

    def do_POST(self) -> None:
        attrs = extract_zipkin_attrs_from_headers({name: self.headers[name] for name in B3 if name in self.headers})
        charge = zipkin_span(span_name="charge", zipkin_attrs=attrs, kind=Kind.SERVER, **ROOT)
        with charge, zipkin_span(span_name="check card", **COMMON) as check:
            check.update_binary_annotations({"error": "the card has expired"})
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def back() -> None:
    """Charge cards until standard input ends."""
    with HTTPServer(("127.0.0.1", 0), Charge) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        sys.stdout.write(json.dumps({"port": server.server_port}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
        server.shutdown()
        serving.join()


if __name__ == "__main__":
    if sys.argv[1] == "back":
        back()
    else:
        front(sys.argv[2])
