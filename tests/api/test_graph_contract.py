from clew.api.graph_contract import service_graph, service_red, service_red_list
from clew.model.red import MINUTE_NS, RedFigures, RedQuery, RedSeries
from clew.model.service_graph import EdgeFigures, EdgeKey, GraphEdge, GraphNode, GraphQuery

QUERY = RedQuery("default", None, None, (), 100, 105, 2)
SHOP, CART, REDIS = GraphNode("service", "shop"), GraphNode("service", "cart"), GraphNode("database", "redis")


def test_the_total_is_of_all_steps() -> None:
    """Rates are by the length of the step, the last of which may be shorter; percentiles of merged histograms."""
    series = RedSeries("shop", {2: RedFigures(1, 1, 8, 8, {24: 1}, 1, 1), 0: RedFigures(3, 0, 3, 1, {0: 3}, 3, 0)})
    (shop,) = service_red_list([series], QUERY).services
    assert [(point.start_time_unix_nano, point.seconds, point.rate_per_s) for point in shop.steps] == [
        (str(100 * MINUTE_NS), 120, 3 / 120),
        (str(104 * MINUTE_NS), 60, 1 / 60),
    ]
    assert (shop.total.span_count, shop.total.error_count, shop.total.error_fraction) == (4, 1, 0.25)
    assert (shop.total.seconds, shop.total.duration_mean_ns, shop.total.duration_max_ns) == (300, 2, 8)
    assert (shop.total.duration_p50_ns, shop.total.duration_p99_ns) == (1, 8)


def test_a_service_without_spans_has_a_total_of_nothing() -> None:
    """No percentiles, no mean, no steps."""
    answer = service_red("nobody", [], QUERY)
    assert (answer.service, answer.steps, answer.total.span_count) == ("nobody", [], 0)
    assert (answer.total.duration_p50_ns, answer.total.duration_mean_ns, answer.total.error_fraction) == (
        None,
        None,
        0.0,
    )


def test_nodes_have_the_calls_that_reach_them() -> None:
    """Nodes by type and name, edges by client, server and kind, in whatever order they were read."""
    edges = [
        GraphEdge(EdgeKey(SHOP, CART, "call"), EdgeFigures(60, 6, {0: 60}, {}), 60, 6),
        GraphEdge(EdgeKey(CART, REDIS, "database"), EdgeFigures(30, 0, {}, {}), 30, 0),
        GraphEdge(EdgeKey(CART, CART, "call"), EdgeFigures(1, 0, {}, {}), 1, 0),
    ]
    answer = service_graph(edges, GraphQuery("default", None, 100, 101))
    assert [(node.id, node.call_count, node.error_count) for node in answer.nodes] == [
        ("database:redis", 30, 0),
        ("service:cart", 61, 6),
        ("service:shop", 0, 0),
    ]
    assert [(edge.client, edge.server, edge.rate_per_s) for edge in answer.edges] == [
        ("service:cart", "database:redis", 0.5),
        ("service:cart", "service:cart", 1 / 60),
        ("service:shop", "service:cart", 1.0),
    ]
    assert (answer.edges[2].client_duration.p50_ns, answer.edges[2].server_duration.p50_ns) == (1, None)


def test_a_service_that_nobody_calls_is_a_node_when_asked_for() -> None:
    """So that its page has something to show."""
    answer = service_graph([], GraphQuery("default", "shop", 100, 101))
    assert [node.id for node in answer.nodes] == ["service:shop"]


def test_rates_are_of_what_there_was_and_stored_counts_of_what_came() -> None:
    """Estimates are rounded where they are shown; fractions and means are of the estimates, too."""
    third = RedFigures(10 / 3, 5 / 3, 100 / 3, 40, {24: 10 / 3}, 2, 1)
    (point,) = service_red("shop", [RedSeries("shop", {0: third})], QUERY).steps
    assert (point.span_count, point.error_count, point.stored_span_count, point.stored_error_count) == (3, 2, 2, 1)
    assert (point.rate_per_s, point.error_fraction, point.duration_mean_ns) == (10 / 3 / 120, 0.5, 10)
    edge = GraphEdge(EdgeKey(SHOP, CART, "call"), EdgeFigures(60.4, 6.2, {0: 60.4}, {}), 7, 1)
    graph = service_graph([edge], GraphQuery("default", None, 100, 101))
    assert (graph.nodes[0].call_count, graph.nodes[0].stored_call_count) == (60, 7)
    (shown,) = graph.edges
    assert (shown.call_count, shown.error_count, shown.stored_call_count, shown.stored_error_count) == (60, 6, 7, 1)
    assert (shown.rate_per_s, shown.client_duration.count) == (60.4 / 60, 60)
