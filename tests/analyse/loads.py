"""Loads made by hand from random spans: in any order, on several days, and again."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew.journal.record import encode_record
from clew.journal.segment import Segment, segment_name
from clew.store.graph_windows import GraphWindows
from clew.store.load import load_segment
from clew.wire.otlp_check import canonical_traces
from tests.analyse.random_spans import request_of
from tests.analyse.slow_graph import SlowSpan
from tests.data_plane import DataPlane

DAYS = (datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 3, 2, tzinfo=UTC))


def leave_out_others(data_plane: DataPlane) -> None:
    """Whatever other tests have stored by now counts as seen: to compute its graph would take minutes."""
    windows = GraphWindows(data_plane.engine)
    while (arrivals := windows.next_arrivals()) is not None:
        windows.record_position(arrivals)


class Loads:
    """Segments made from spans, loaded by hand, so that the same one can come again."""

    def __init__(self, data_plane: DataPlane, directory: Path) -> None:
        self.handle = data_plane.engine.trusted()
        self.directory = directory

    def segment(self, tenant: str, spans: Sequence[SlowSpan], day: datetime) -> Segment:
        """A sealed segment received on that day."""
        return self._sealed(tenant, request_of(spans), day)

    def _sealed(self, tenant: str, payload: bytes, day: datetime) -> Segment:
        stream, created_ms = f"traces/{tenant}", int(day.timestamp()) * 1000
        sequence = random.SystemRandom().randrange(1, 2**40)
        path = self.directory / segment_name(sequence, created_ms, stream)
        path.write_bytes(b"".join(encode_record(canonical_traces(payload))))
        return Segment(sequence, created_ms, stream, path, path.stat().st_size)

    def segment_with_keys(self, tenant: str, spans: Sequence[SlowSpan], keys: Sequence[str]) -> Segment:
        """The spans, and then one with all the keys as attributes, and on an event and a link."""
        request = ExportTraceServiceRequest.FromString(request_of(spans))
        last = request.resource_spans[-1].scope_spans[0].spans[-1]
        for holder in (last, last.events.add(), last.links.add()):
            for key in keys:
                holder.attributes.add(key=key).value.string_value = "\x12\n value"
        return self._sealed(tenant, request.SerializeToString(), DAYS[0])

    def load(self, segment: Segment) -> None:
        """Load it, perhaps again."""
        load_segment(self.handle, segment)

    def load_all(self, source: random.Random, tenant: str, spans: Sequence[SlowSpan], count: int) -> None:
        """All spans, shuffled, in that many loads on several days; each load is followed by an earlier one again."""
        segments: list[Segment] = []
        for portion in portions(source, spans, count):
            segments.append(self.segment(tenant, portion, source.choice(DAYS)))
            self.load(segments[-1])
            self.load(source.choice(segments))


def portions(source: random.Random, spans: Sequence[SlowSpan], count: int) -> list[list[SlowSpan]]:
    """The spans, shuffled, in that many loads."""
    shuffled = source.sample(spans, len(spans))
    return [shuffled[number::count] for number in range(count)]
