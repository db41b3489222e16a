import pytest

from clew.errors import NotFound
from clew.store.audit import list_audit
from clew.store.pins import Pins
from tests.data_plane import DataPlane
from tests.store.segments import make_spans, request_of

TRACE_ID = (1).to_bytes(16, "big")


def test_a_pin_is_listed_until_it_is_removed(data_plane: DataPlane, tenant: str) -> None:
    """Each change has its line in the audit log, and is counted."""
    data_plane.put(f"traces/{tenant}", request_of("shop", *make_spans(2)).SerializeToString())
    pins = Pins(data_plane.engine)
    for _ in range(2):
        pins.pin(tenant, TRACE_ID, "ann")
    assert [(pin.trace_id, pin.who) for pin in pins.list(tenant)] == [(TRACE_ID.hex(), "ann")]
    pins.unpin(tenant, TRACE_ID, "bob")
    assert pins.list(tenant) == []
    assert pins.generation == 3
    assert [line.action for line in list_audit(data_plane.engine, tenant, 9)] == ["unpin", "pin", "pin"]


def test_what_is_not_there_is_not_pinned(data_plane: DataPlane, tenant: str) -> None:
    """An unknown trace can't be pinned, and an unpinned one not let go."""
    pins = Pins(data_plane.engine)
    with pytest.raises(NotFound, match="no span"):
        pins.pin(tenant, TRACE_ID, "ann")
    with pytest.raises(NotFound, match="not pinned"):
        pins.unpin(tenant, TRACE_ID, "ann")
