"""Rules, of which the first that a span matches says which sampler decides."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import Attributes

from clew.sdk.sampler import Sampler, SamplingResult, shut_down
from clew.sdk.span_match import SpanMatch


class SamplingRule(NamedTuple):
    """Which spans, and who decides about them."""

    match: SpanMatch
    sampler: Sampler


class RuleBasedSampler(Sampler):
    """Below a `ParentBased`, rules are about roots; alone, about each span, and then traces may have holes.

    `otherwise` decides about spans that no rule matches.
    """

    def __init__(self, rules: Iterable[SamplingRule | tuple[SpanMatch, Sampler]], otherwise: Sampler) -> None:
        self._rules = tuple(SamplingRule(*rule) for rule in rules)
        self._otherwise = otherwise

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        is_root = not get_current_span(parent_context).get_span_context().is_valid
        sampler = self._otherwise
        for match, each in self._rules:
            if match.matches(name, kind, attributes, is_root):
                sampler = each
                break
        return sampler.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    def shutdown(self) -> None:
        for sampler in (*(rule.sampler for rule in self._rules), self._otherwise):
            shut_down(sampler)

    def get_description(self) -> str:
        rules = [f"{match}:{sampler.get_description()}" for match, sampler in self._rules]
        return f"RuleBasedSampler{{{','.join([*rules, self._otherwise.get_description()])}}}"
