import pytest

from clew.errors import BadQuery
from clew.query.parser import parse_condition
from clew.query.patterns import check_patterns
from tests.data_plane import DataPlane


def test_patterns_that_the_engine_reads_pass(data_plane: DataPlane) -> None:
    """Also empty ones, and none at all."""
    check_patterns(data_plane.engine, parse_condition('a =~ "^x[0-9]+$" and b !~ "" and c = 1'))


@pytest.mark.parametrize(
    ("pattern", "reason", "advice"),
    [
        ("(", "missing )", "before a sign that is meant as itself"),
        ("a{2,1}", "invalid repetition size", "before a sign that is meant as itself"),
        ("[z-a]", "invalid character class range", "before a sign that is meant as itself"),
        ("(?=a)", "invalid perl operator", "write a second condition"),
        ("(?<!a)b", "invalid perl operator", "write a second condition"),
        (r"(a)\\1", "invalid escape sequence", "no references to a group"),
        ("*.html", "no argument for repetition operator", "write .* for any text"),
    ],
)
def test_others_are_refused_at_their_place(data_plane: DataPlane, pattern: str, reason: str, advice: str) -> None:
    """The message says where in the condition, what RE2 says, and what to write."""
    with pytest.raises(BadQuery, match=r"q: at character 20: .*no regular expression") as refused:
        check_patterns(data_plane.engine, parse_condition(f'a = 1 or not (b =~ "{pattern}")'))
    assert f"({reason})" in str(refused.value)
    assert advice in str(refused.value)
