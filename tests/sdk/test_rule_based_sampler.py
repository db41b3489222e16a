from opentelemetry.sdk.trace.sampling import ALWAYS_ON as THEIRS
from opentelemetry.trace import SpanKind

from clew.sdk.remote_sampler import RemoteSampler
from clew.sdk.rule_based_sampler import RuleBasedSampler, SamplingRule
from clew.sdk.sampler import ALWAYS_OFF, ALWAYS_ON, ParentBased
from clew.sdk.span_match import SpanMatch
from tests.sdk.kept_spans import keeping_provider
from tests.sdk.parent_contexts import NO_PARENT, below


def test_the_first_rule_that_matches_decides() -> None:
    """Later ones aren't asked, and without any, it is the sampler for all others."""
    sampler = RuleBasedSampler(
        [
            (SpanMatch(["GET /health"]), ALWAYS_OFF),
            SamplingRule(SpanMatch(["GET *"], [SpanKind.SERVER], {"tier": "gold"}), ALWAYS_ON),
            (SpanMatch(["GET *"]), ALWAYS_OFF),
        ],
        ALWAYS_ON,
    )
    spans = [("GET /health", {"tier": "gold"}), ("GET /a", {"tier": "gold"}), ("GET /a", {}), ("POST /a", {})]
    decisions = [sampler.should_sample(NO_PARENT, 1, name, SpanKind.SERVER, given).decision for name, given in spans]
    assert [decision.is_sampled() for decision in decisions] == [False, True, False, True]


def test_rules_know_roots_from_others() -> None:
    """A remote parent and a local one are parents."""
    sampler = RuleBasedSampler([(SpanMatch(is_root=True), ALWAYS_ON)], ALWAYS_OFF)
    contexts = [NO_PARENT, below(is_remote=True), below(is_remote=False)]
    decisions = [sampler.should_sample(context, 7, "a").decision for context in contexts]
    assert [decision.is_sampled() for decision in decisions] == [True, False, False]


def test_below_a_parent_based_sampler_whole_traces_are_kept_or_dropped() -> None:
    """The rule for the root holds for all below it."""
    rules = RuleBasedSampler([(SpanMatch(["wanted"]), ALWAYS_ON)], ALWAYS_OFF)
    provider, kept = keeping_provider(sampler=ParentBased(rules))
    tracer = provider.get_tracer("test")
    for root, child in (("wanted", "child of it"), ("other", "wanted")):
        with tracer.start_as_current_span(root):
            tracer.start_span(child).end()
    assert kept.names == ["child of it", "wanted"]


def test_samplers_of_rules_are_shut_down_with_it() -> None:
    """One that works in the background stops; one of the OpenTelemetry SDK has nothing to stop."""
    remote = RemoteSampler("shop")
    sampler = RuleBasedSampler([(SpanMatch(["a"]), remote), (SpanMatch(["b"]), THEIRS)], ALWAYS_OFF)  # type: ignore[list-item]  # one of theirs does as well
    sampler.shutdown()
    assert remote._closing.is_set()
    assert sampler.get_description() == (
        "RuleBasedSampler{name=a:RemoteSampler{shop,ProbabilisticSampler{0.001}},name=b:AlwaysOnSampler,AlwaysOffSampler}"
    )
