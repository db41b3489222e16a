import pytest
from opentelemetry.trace import TraceState

from clew.sdk.const_sampler import ConstSampler
from clew.sdk.jaeger_sampler import tags_of
from clew.sdk.sampler import Decision
from tests.sdk.parent_contexts import NO_PARENT, below


def test_a_root_tells_by_which_sampler_it_was_kept() -> None:
    """Besides its own attributes, and the given ones stay as they are."""
    given = {"a": 1}
    result = ConstSampler(True).should_sample(NO_PARENT, 1, "name", None, given)
    assert result.decision is Decision.RECORD_AND_SAMPLE
    assert dict(result.attributes) == {"a": 1, "sampler.type": "const", "sampler.param": True}
    assert given == {"a": 1}
    assert dict(ConstSampler(True).should_sample(NO_PARENT, 1, "name").attributes) == dict(tags_of("const", True))


@pytest.mark.parametrize("is_remote", [True, False])
def test_only_roots_tell(is_remote: bool) -> None:
    """A child's decision is no statement about the trace; its parent's trace state goes on."""
    context = below(is_remote=is_remote, state="a=b")
    for decision in (True, False):
        result = ConstSampler(decision).should_sample(context, 7, "name", None, {"a": 1})
        assert dict(result.attributes) == ({"a": 1} if decision else {})
        assert result.trace_state == TraceState([("a", "b")])


def test_tags_can_not_be_changed() -> None:
    """All roots of a sampler share them."""
    with pytest.raises(TypeError):
        tags_of("const", True)["sampler.type"] = "x"  # type: ignore[index]  # that is what must fail
