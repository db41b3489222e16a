from pathlib import Path

from clew.model.red import MINUTE_NS, RedFigures, RedQuery
from clew.store.read_red import read_red
from tests.analyse.loads import DAYS, Loads
from tests.analyse.slow_graph import SlowSpan
from tests.data_plane import DataPlane

MINUTE = 29_500_000


def span(number: int, minute: int, duration: int, kind: int = 2, service: str = "shop") -> SlowSpan:
    """A span at the end of a minute."""
    start = (MINUTE + minute + 1) * MINUTE_NS - 1
    return SlowSpan(
        bytes([number]) * 16, bytes([number]) * 8, service, start, duration, kind, b"", duration < 0, None, (), number
    )


def test_steps_are_counted_from_the_first_minute(data_plane: DataPlane, tmp_path: Path, tenant: str) -> None:
    """Each span is in the step of its start, only services with such spans have a series, and they come by name."""
    loads = Loads(data_plane, tmp_path)
    spans = [
        span(1, 0, 1),
        span(2, 1, 1024),
        span(3, 2, 1024),
        span(4, 2, -5),
        span(5, 5, 1),
        span(6, 1, 2, service="cart"),
    ]
    loads.load(loads.segment(tenant, [*spans, span(7, 1, 9, kind=3, service="mailer")], DAYS[0]))
    cart, shop = read_red(data_plane.engine, RedQuery(tenant, None, None, (2, 5), MINUTE + 1, MINUTE + 5, 2))
    assert (cart.service, cart.steps) == ("cart", {0: RedFigures(1, 0, 2, 2, {8: 1}, 1, 0)})
    assert shop.service == "shop"
    assert shop.steps == {0: RedFigures(3, 1, 2048, 1024, {80: 2, -1: 1}, 3, 1)}


def test_one_service_and_operation(data_plane: DataPlane, tmp_path: Path, tenant: str) -> None:
    """Another name, and a service that sent nothing, have no series."""
    loads = Loads(data_plane, tmp_path)
    loads.load(loads.segment(tenant, [span(1, 0, 1), span(2, 0, 1, service="cart")], DAYS[0]))
    (series,) = read_red(data_plane.engine, RedQuery(tenant, "shop", "operation of shop", (), MINUTE, MINUTE + 1, 1))
    assert series.steps[0].span_count == 1
    assert read_red(data_plane.engine, RedQuery(tenant, "shop", "operation of cart", (), MINUTE, MINUTE + 1, 1)) == []
    assert read_red(data_plane.engine, RedQuery(tenant, "nobody", None, (), MINUTE, MINUTE + 1, 1)) == []
