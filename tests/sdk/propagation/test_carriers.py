from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from opentelemetry.baggage import get_all
from opentelemetry.propagators.textmap import Getter, Setter

from clew.sdk.propagation.by_name import PROPAGATORS, propagators_named
from clew.sdk.propagation.carriers import (
    AMQP_HEADERS_GETTER,
    AMQP_HEADERS_SETTER,
    GRPC_METADATA_SETTER,
    KAFKA_HEADERS_SETTER,
    PAIRS_GETTER,
)
from clew.sdk.propagation.trace_state import read_trace_state
from tests.sdk.propagation.contexts import SPAN_ID, TRACE_ID, context_of, ids_in

_CARRIERS: list[tuple[Any, Setter[Any], Getter[Any]]] = [
    ([("other", "x")], GRPC_METADATA_SETTER, PAIRS_GETTER),
    ([("other", b"x")], KAFKA_HEADERS_SETTER, PAIRS_GETTER),
    ({"other": 1}, AMQP_HEADERS_SETTER, AMQP_HEADERS_GETTER),
]
_STATE = read_trace_state(["a=1"])


@pytest.mark.parametrize(("carrier", "setter", "getter"), _CARRIERS)
@pytest.mark.parametrize("name", sorted(PROPAGATORS.keys() - {"baggage", "ottrace"}))
def test_every_format_goes_through_every_carrier(
    name: str, carrier: Any, setter: Setter[Any], getter: Getter[Any]
) -> None:
    """Ids and baggage come out as they went in, also when the carrier was written to before."""
    propagator, carrier = propagators_named([name, "baggage"]), carrier.copy()
    propagator.inject(carrier, context_of(span_id=9, state=_STATE, baggage={"user": "y"}), setter)
    size = len(carrier)
    propagator.inject(carrier, context_of(state=_STATE, baggage={"user": "ü x"}), setter)
    assert len(carrier) == size
    context = propagator.extract(carrier, getter=getter)
    assert ids_in(context) == (TRACE_ID, SPAN_ID)
    assert get_all(context) == {"user": "ü x"}


def test_pairs_are_read_in_any_case() -> None:
    """All values of a name; None and what isn't UTF-8 are no values."""
    pairs: list[tuple[str, str | bytes | None]] = [
        ("A", "1"),
        ("a", b"\xc3\xbc"),
        ("a", b"\xff"),
        ("a", None),
        ("b-bin", b"\xff"),
    ]
    assert PAIRS_GETTER.get(pairs, "a") == ["1", "ü"]
    assert PAIRS_GETTER.get(pairs, "B-BIN") is PAIRS_GETTER.get(pairs, "c") is None
    assert PAIRS_GETTER.keys(pairs) == ["A", "a", "a", "a", "b-bin"]


def test_a_message_without_headers_has_none() -> None:
    """Clients of Kafka and AMQP say so with None."""
    for getter in (PAIRS_GETTER, AMQP_HEADERS_GETTER):
        assert getter.get(None, "a") is None
        assert getter.keys(None) == []


def test_tables_are_read_in_any_case() -> None:
    """Texts and bytes, and nothing else of what AMQP's tables hold."""
    table: dict[str, object] = {"A": b"\xc3\xbc", "b": 1, "c": [b"x"], "d": bytearray(b"x"), "e": b"\xff"}
    assert AMQP_HEADERS_GETTER.get(table, "a") == ["ü"]
    assert AMQP_HEADERS_GETTER.get(table, "d") == ["x"]
    assert [AMQP_HEADERS_GETTER.get(table, name) for name in "bce"] == [None] * 3
    assert AMQP_HEADERS_GETTER.keys(table) == list(table)


def test_a_name_is_written_once() -> None:
    """What was there under that name, in any case, is replaced; gRPC gets lower case, and Kafka bytes."""
    metadata = [("X-Amzn-Trace-Id", "old"), ("b", "1"), ("x-amzn-trace-id", "old")]
    GRPC_METADATA_SETTER.set(metadata, "X-Amzn-Trace-Id", "new")
    assert metadata == [("b", "1"), ("x-amzn-trace-id", "new")]
    headers = [("A", b"old"), ("b", b"1")]
    KAFKA_HEADERS_SETTER.set(headers, "a", "ü")
    assert headers == [("b", b"1"), ("a", b"\xc3\xbc")]


def test_a_call_of_grpc_carries_all_formats() -> None:
    """What is written is metadata that gRPC sends, and what its server reads is the context, whatever the format."""
    propagator = propagators_named(PROPAGATORS.keys() - {"ottrace"})
    seen = []

    def answer(_: bytes, call: grpc.ServicerContext) -> bytes:
        seen.append(propagator.extract(call.invocation_metadata(), getter=PAIRS_GETTER))
        return b""

    handler = grpc.method_handlers_generic_handler("s", {"m": grpc.unary_unary_rpc_method_handler(answer)})
    server = grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    metadata: list[tuple[str, str]] = []
    propagator.inject(metadata, context_of(baggage={"User": "ü x"}), GRPC_METADATA_SETTER)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = channel.unary_unary("/s/m", request_serializer=None, response_deserializer=None)
        call(b"", metadata=tuple(metadata), timeout=10)
    server.stop(None).wait()
    assert ids_in(seen[0]) == (TRACE_ID, SPAN_ID)
    assert get_all(seen[0])["User"] == "ü x"
