import pytest

from clew.errors import MalformedInput
from clew.receive.jaeger_udp import binary_to_otlp, compact_to_otlp
from clew.wire.jaeger_thrift import Protocol, read_batch
from tests.wire.jaeger_samples import batch, emit, span
from tests.wire.thrift_writer import write

BATCH = batch([span()])


def test_each_port_has_its_protocol() -> None:
    """The agent's ports: compact on one, binary on the other; what comes to the wrong one is refused."""
    expected = read_batch(write(Protocol.BINARY, BATCH), Protocol.BINARY)
    assert compact_to_otlp(emit(Protocol.COMPACT, BATCH)) == expected
    assert binary_to_otlp(emit(Protocol.BINARY, BATCH)) == expected
    with pytest.raises(MalformedInput, match="another port"):
        compact_to_otlp(emit(Protocol.BINARY, BATCH))
