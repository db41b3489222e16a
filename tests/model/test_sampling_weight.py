import pytest

from clew.model.sampling_weight import weight_of


@pytest.mark.parametrize(("probability", "weight"), [(0.25, 4), (1.0, 1), (0.0, 1), (2**-56, 2**56)])
def test_a_span_stands_for_as_many_as_its_probability_says(probability: float, weight: float) -> None:
    """One in four is four; what tells no probability is one."""
    assert weight_of(probability) == weight


def test_counts_without_weights_stay_whole_numbers() -> None:
    """A count over 2^53 is exact."""
    assert (2**60 + 1) * weight_of(0.0) == 2**60 + 1
