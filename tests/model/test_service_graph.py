from clew.model.service_graph import EdgeFigures


def test_figures_are_added_bucket_by_bucket() -> None:
    """Calls, errors and both histograms are sums, and the figures that were added stay as they were."""
    total, other = EdgeFigures(2, 1, {5: 1, 7: 1}, {}), EdgeFigures(1, 0, {7: 1}, {-1: 1})
    total.add(other)
    assert total == EdgeFigures(3, 1, {5: 1, 7: 2}, {-1: 1})
    assert other == EdgeFigures(1, 0, {7: 1}, {-1: 1})


def test_figures_are_added_as_often_as_they_weigh() -> None:
    """A call that stands for four counts four times, in every figure."""
    total = EdgeFigures(2, 1, {5: 1}, {})
    total.add(EdgeFigures(1, 1, {5: 1}, {-1: 1}), 4)
    assert total == EdgeFigures(6, 5, {5: 5}, {-1: 4})
