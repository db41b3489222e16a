"""Two services of one shop, traced by SkyWalking's agent for Python, which `sw-python run` starts."""

import json
import logging
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import requests
from skywalking import Component, Layer
from skywalking.trace.context import get_context
from skywalking.trace.tags import Tag


def item_tag(value: str) -> Any:
    """A tag of the shop's own, which may be there twice."""
    tag = Tag(value)
    tag.key, tag.overridable = "order.item", False
    return tag


def front(url: str) -> None:
    """Place an order, which takes a call."""
    context = get_context()
    with context.new_local_span("place order") as order:
        for item in ("yarn λ 🧵", ""):
            order.tag(item_tag(item))
        trace_id = str(context.segment.related_traces[0])
        requests.post(url, timeout=20)
    sys.stdout.write(json.dumps({"trace_id": trace_id}))


def check_card() -> None:
    """It never is."""
    with get_context().new_local_span("check card"):
        raise ValueError("the card has expired")


def write_receipt(snapshot: Any) -> None:
    """In a thread of its own, which makes it a segment of its own."""
    context = get_context()
    with context.new_local_span("write receipt"):
        context.continued(snapshot)


def charge() -> None:
    """Serve a call: the card has expired, the receipt is queued, and written by a thread."""
    try:
        check_card()
    except ValueError:
        logging.getLogger("shop").warning("no money")
    context = get_context()
    with context.new_exit_span("send receipt", "queue:9092", component=Component.KafkaProducer) as sending:
        sending.layer = Layer.MQ
        writer = threading.Thread(target=write_receipt, args=[context.capture()])
        writer.start()
        writer.join()


class Charge(BaseHTTPRequestHandler):
    """POST /charge."""

    def do_POST(self) -> None:
        charge()
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
