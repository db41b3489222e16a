"""What Jaeger's clients send to an agent's ports: calls of emitBatch, one a datagram."""

from functools import partial

from clew.wire.jaeger_thrift import Protocol, message_to_otlp

compact_to_otlp = partial(message_to_otlp, protocol=Protocol.COMPACT)
binary_to_otlp = partial(message_to_otlp, protocol=Protocol.BINARY)
