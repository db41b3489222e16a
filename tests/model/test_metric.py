from clew.model.metric import Metric, gauge


def test_a_gauge_is_a_family_of_one_sample() -> None:
    """It has no labels, and its value is a float."""
    assert gauge("name", "text", 3) == Metric("name", "text", "gauge", [({}, 3.0)])
