"""py_zipkin, and OpenTelemetry's exporters of Zipkin for Python, in each format that they write."""

from typing import Any

import pytest

from tests.clients.described import Described, Text, event, span
from tests.clients.environments import PYTHON_ZIPKIN
from tests.clients.programs import Program, run_two
from tests.clients.shop import BACK, FRONT
from tests.clients.stored import Stored

HOST = {"net.host.ip": "127.0.0.1"}
PEER = {"peer.service": "payments", "net.peer.ip": "10.0.0.7", "net.peer.port": 8443}
PY_ZIPKIN: dict[str, Described] = {
    "place order": span(
        FRONT,
        None,
        "SERVER",  # py_zipkin says so of every span that begins a trace
        attributes={"order.id": "o-0042 λ 🧵", "order.note": "", **HOST},
        events=[event("accepted")],
    ),
    "POST /charge": span(FRONT, "place order", "CLIENT", attributes={**HOST, **PEER}),
    "charge": span(
        BACK,
        "POST /charge",
        "SERVER",
        attributes={**HOST, "zipkin.shared": True, "zipkin.parent_id": Text("[0-9a-f]{16}")},
    ),
    "check card": span(
        BACK,
        "charge",
        "UNSPECIFIED",
        attributes={"error": "the card has expired", **HOST},
        status=("ERROR", "the card has expired"),
    ),
}
ORDER = {
    "order.id": "o-0042 λ 🧵",
    "order.note": "",
    "order.express": "true",
    "order.paid": "false",
    "order.total_cents": "1250",
    "order.highest": "9223372036854775807",
    "order.lowest": "-9223372036854775808",
    "order.weight_kg": "0.1",
    "order.smallest": "5e-324",
    "order.rate": "3.0",
    "order.tags": '["gift",""]',
    "order.quantities": '["1","1099511627776","-1"]',
    "order.prices": '["0.5","1e-07"]',
    "order.flags": '["true","false"]',
}
EXCEPTION = {
    "exception.type": "ValueError",
    "exception.message": "the card has expired",
    "exception.stacktrace": Text("Traceback.*"),
    "exception.escaped": "False",
}
FORMATS = ("V1_JSON", "V2_JSON", "V2_PROTO3")


def _exported(service: str, parent: str | None, kind: str = "UNSPECIFIED", **more: Any) -> Described:
    """What the exporter makes of a span: the resource becomes tags, and every sampled span is for debugging."""
    resource = {
        "service.name": service,
        "service.instance.id": Text("[0-9a-f-]{36}"),
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.version": Text(r"\d+\.\d+\.\d+"),
        "zipkin.debug": True,
    }
    return span(service, parent, kind, attributes={**more.pop("tags", {}), **resource}, scope=("shop", "1.2.3"), **more)


EXPORTED: dict[str, Described] = {
    "place order": _exported(
        FRONT, None, tags=ORDER, events=[event("accepted", queue="fast", attempt=1)], status=("OK", "")
    ),
    "POST /charge": _exported(FRONT, "place order", "CLIENT", tags={"http.request.method": "POST"}),
    "charge": _exported(BACK, "POST /charge", "SERVER"),
    "check card": _exported(
        BACK, "charge", events=[event("exception", **EXCEPTION)], status=("ERROR", "the card has expired")
    ),
    "send receipt": _exported(BACK, "charge", "PRODUCER"),
    "write receipt": _exported(BACK, "send receipt", "CONSUMER"),
}


def _services(script: str, form: str, clew: Stored) -> tuple[Program, Program]:
    python = PYTHON_ZIPKIN.prepare() / "venv/bin/python"
    program = Program([str(python), str(PYTHON_ZIPKIN.sources / script)])
    common = {"ENCODING": form, "ZIPKIN_URL": f"http://{clew.server.addresses['zipkin']}"}
    return program.with_variables(SERVICE=FRONT, **common), program.with_variables(SERVICE=BACK, **common)


@pytest.mark.parametrize("form", FORMATS)
def test_what_py_zipkin_sends_is_stored(clew: Stored, form: str) -> None:
    """The two sides of the call are sent by two processes under one id, and are parent and child."""
    clew.assert_is(run_two(*_services("py_zipkin_shop.py", form, clew)), PY_ZIPKIN)


@pytest.mark.parametrize("form", FORMATS)
def test_what_opentelemetry_exports_is_stored(clew: Stored, form: str) -> None:
    """Status, scope, events and their attributes are back in their places; what had to become a text stays one."""
    expected = EXPORTED
    if form == "V1_JSON":  # in which the exporter leaves out the kind
        expected = {name: each | {"kind": "UNSPECIFIED"} for name, each in EXPORTED.items()}
    clew.assert_is(run_two(*_services("exporter_shop.py", form, clew)), expected)
