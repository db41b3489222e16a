import pytest

from clew.errors import BadQuery
from clew.query.parser import parse_condition
from clew.query.patterns import check_patterns
from tests.data_plane import DataPlane


def test_patterns_that_the_engine_reads_pass(data_plane: DataPlane) -> None:
    """Also empty ones, and none at all."""
    check_patterns(data_plane.engine, parse_condition('a =~ "^x[0-9]+$" and b !~ "" and c = 1'))


@pytest.mark.parametrize("pattern", ["(", "a{2,1}", "(?=a)", "[z-a]"])
def test_others_are_refused_with_their_text(data_plane: DataPlane, pattern: str) -> None:
    """Wherever in the condition they are."""
    with pytest.raises(BadQuery, match="no regular expression"):
        check_patterns(data_plane.engine, parse_condition(f'a = 1 or not (b =~ "{pattern}")'))
