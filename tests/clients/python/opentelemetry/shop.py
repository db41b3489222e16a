"""Two services of one shop, traced with the OpenTelemetry SDK, which `opentelemetry-instrument` sets up."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import Request, urlopen

from opentelemetry import trace
from opentelemetry.propagate import extract, inject
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

tracer = trace.get_tracer("shop", "1.2.3")


def front(url: str) -> None:
    """Place an order, which takes a call."""
    with tracer.start_as_current_span("place order") as order:
        order.set_attributes(
            {
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
                "order.tags": ["gift", ""],
                "order.quantities": [1, 2**40, -1],
                "order.prices": [0.5, 1e-7],
                "order.flags": [True, False],
            }
        )
        order.add_event("accepted", {"queue": "fast", "attempt": 1})
        with tracer.start_as_current_span("POST /charge", kind=SpanKind.CLIENT) as call:
            call.set_attribute("http.request.method", "POST")
            headers: dict[str, str] = {}
            inject(headers)
            urlopen(Request(url, b"", headers)).close()
        order.set_status(Status(StatusCode.OK))
    sys.stdout.write(json.dumps({"trace_id": f"{order.get_span_context().trace_id:032x}"}))


def check_card() -> None:
    """It never is."""
    with tracer.start_as_current_span("check card", record_exception=False, set_status_on_exception=False) as check:
        try:
            raise ValueError("the card has expired")
        except ValueError as error:
            check.record_exception(error)
            check.set_status(Status(StatusCode.ERROR, str(error)))


class Charge(BaseHTTPRequestHandler):
    """POST /charge."""

    def do_POST(self) -> None:
        with tracer.start_as_current_span("charge", extract(self.headers), SpanKind.SERVER) as charge:
            check_card()
            with tracer.start_as_current_span("send receipt", kind=SpanKind.PRODUCER):
                links = [Link(charge.get_span_context(), {"reason": "late"})]
                tracer.start_span("write receipt", kind=SpanKind.CONSUMER, links=links).end()
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
