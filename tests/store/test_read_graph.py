from clew.model.service_graph import EdgeFigures, EdgeKey, GraphNode, GraphQuery
from clew.store.graph_windows import GraphWindows
from clew.store.read_graph import read_service_graph
from tests.data_plane import DataPlane, new_tenant

SHOP, CART = GraphNode("service", "shop"), GraphNode("service", "cart")
REDIS = GraphNode("database", "shop")
TO_CART, TO_REDIS = EdgeKey(SHOP, CART, "call"), EdgeKey(CART, REDIS, "database")


def edges(data_plane: DataPlane, query: GraphQuery) -> list[tuple[EdgeKey, float]]:
    """The edges with their calls, in their order."""
    return [(edge.key, edge.figures.call_count) for edge in read_service_graph(data_plane.engine, query)]


def test_edges_are_added_over_minutes_and_windows(data_plane: DataPlane, tenant: str) -> None:
    """Only minutes within the question count, of this tenant, and the order is that of the names."""
    windows = GraphWindows(data_plane.engine)
    one = EdgeFigures(1, 0, {3: 1}, {4: 1})
    first = {(10, TO_CART, 0.0): one, (12, TO_CART, 0.0): one, (12, TO_REDIS, 0.0): one}
    windows.record(tenant, {10: first, 12: {(12, TO_CART, 0.0): one}}, {})
    windows.record(new_tenant(), {12: {(12, TO_CART, 0.0): one}}, {})
    assert edges(data_plane, GraphQuery(tenant, None, 12, 13)) == [(TO_REDIS, 1), (TO_CART, 2)]
    assert edges(data_plane, GraphQuery(tenant, None, 10, 12)) == [(TO_CART, 1)]
    assert edges(data_plane, GraphQuery(tenant, None, 13, 20)) == []


def test_the_edges_of_a_service_are_those_that_touch_it(data_plane: DataPlane, tenant: str) -> None:
    """On either end; a database of the same name is another node."""
    one = EdgeFigures(1, 0, {}, {})
    GraphWindows(data_plane.engine).record(tenant, {10: {(10, TO_CART, 0.0): one, (10, TO_REDIS, 0.0): one}}, {})
    assert edges(data_plane, GraphQuery(tenant, "shop", 10, 11)) == [(TO_CART, 1)]
    assert edges(data_plane, GraphQuery(tenant, "cart", 10, 11)) == [(TO_REDIS, 1), (TO_CART, 1)]
