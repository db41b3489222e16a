"""Brave, Zipkin's client for Java, whose two sides of a call share one span id."""

from tests.clients.described import Described, Text, event, span
from tests.clients.environments import JAVA_BRAVE
from tests.clients.programs import Program, run_two
from tests.clients.shop import BACK, FRONT
from tests.clients.stored import Stored

CALL = {"http.method": "POST", "peer.service": "payments", "net.peer.ip": "10.0.0.7", "net.peer.port": 8443}
SHARED = {"zipkin.shared": True, "zipkin.parent_id": Text("[0-9a-f]{16}")}

EXPECTED: dict[str, Described] = {
    "place order": span(
        FRONT,
        None,
        "UNSPECIFIED",
        attributes={"order.id": "o-0042 λ 🧵", "order.note": ""},
        events=[event("accepted")],
    ),
    "POST /charge": span(FRONT, "place order", "CLIENT", attributes=CALL),
    "charge": span(BACK, "POST /charge", "SERVER", attributes=SHARED),
    "check card": span(
        BACK,
        "charge",
        "UNSPECIFIED",
        attributes={"error": "the card has expired"},
        status=("ERROR", "the card has expired"),
    ),
    "send receipt": span(BACK, "charge", "PRODUCER"),
    "write receipt": span(BACK, "send receipt", "CONSUMER"),
}


def _service(name: str, url: str) -> Program:
    made = JAVA_BRAVE.prepare()
    command = ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{made}/classes:{made}/lib/*", "Shop"]
    return Program(command, {"SERVICE": name, "ZIPKIN_URL": url})


def test_two_sides_of_a_call_with_one_id_become_two_spans(clew: Stored) -> None:
    """Sent by two processes, the server's side is the child of the client's, and the parent of what it did."""
    url = f"http://{clew.server.addresses['zipkin']}/api/v2/spans"
    clew.assert_is(run_two(_service(FRONT, url), _service(BACK, url)), EXPECTED)
