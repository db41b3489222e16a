"""The samplers of the OpenTelemetry specification that can be composed; `CompositeSampler` makes a decision of them."""

import logging
from collections.abc import Iterable, Mapping

from opentelemetry.util.types import AnyValue

from clew.sdk.ot_trace_state import threshold_of, threshold_text
from clew.sdk.sampling_intent import DROPPING, ComposableSampler, SamplingIntent, SamplingQuestion
from clew.sdk.span_match import SpanMatch

_LOG = logging.getLogger(__name__)
_RANDOM = 2
"""W3C's flag: the last 56 bits of the trace's id are random."""


class ComposableConstant(ComposableSampler):
    """The same intent for each span."""

    def __init__(self, intent: SamplingIntent, description: str) -> None:
        self._intent = intent
        self._description = description

    def intent(self, question: SamplingQuestion) -> SamplingIntent:
        return self._intent

    def get_description(self) -> str:
        return self._description


COMPOSABLE_ALWAYS_ON = ComposableConstant(SamplingIntent(0), "ComposableAlwaysOn")
COMPOSABLE_ALWAYS_OFF = ComposableConstant(DROPPING, "ComposableAlwaysOff")


class ComposableProbability(ComposableSampler):
    """A share of the traces, whatever the parent's was. Who asks with a larger one keeps the same traces, and more.

    Raises ValueError for what is no probability.
    """

    def __init__(self, probability: float) -> None:
        threshold = threshold_of(probability)
        self._intent = DROPPING if threshold is None else SamplingIntent(threshold)
        self._text = "max" if threshold is None else threshold_text(threshold)
        self._probability = probability
        self._has_warned = False

    def intent(self, question: SamplingQuestion) -> SamplingIntent:
        if (
            not self._has_warned
            and not question.is_root
            and question.entry.randomness is None
            and not question.parent.trace_flags & _RANDOM
        ):
            self._has_warned = True
            _LOG.warning(
                "a caller's trace id is taken for random though its flags don't say so; if it isn't, traces are kept "
                "in part: upgrade the callers to W3C Trace Context Level 2"
            )
        return self._intent

    def get_description(self) -> str:
        return f"ComposableProbability{{threshold={self._text}, probability={self._probability}}}"


class ComposableParentThreshold(ComposableSampler):
    """As the parent was decided, and by its threshold; `root` says for spans without a parent.

    A threshold that contradicts the parent's sampled flag is taken for none. Without one, the flag is followed, and
    nobody knows how many spans one stands for.
    """

    def __init__(self, root: ComposableSampler) -> None:
        self._root = root

    def intent(self, question: SamplingQuestion) -> SamplingIntent:
        if question.is_root:
            return self._root.intent(question)
        is_sampled = question.parent.trace_flags.sampled
        threshold = question.entry.threshold
        if threshold is not None and (question.randomness >= threshold) is is_sampled:
            return SamplingIntent(threshold)
        return SamplingIntent(0, is_reliable=False) if is_sampled else DROPPING

    def get_description(self) -> str:
        return f"ComposableParentThreshold{{root={self._root.get_description()}}}"


class ComposableRuleBased(ComposableSampler):
    """The first rule that a span matches says who is asked; without one, the span is dropped."""

    def __init__(self, rules: Iterable[tuple[SpanMatch, ComposableSampler]]) -> None:
        self._rules = tuple(rules)

    def intent(self, question: SamplingQuestion) -> SamplingIntent:
        for match, sampler in self._rules:
            if match.matches(question.name, question.kind, question.attributes, question.is_root):
                return sampler.intent(question)
        return DROPPING

    def get_description(self) -> str:
        rules = ",".join(f"{match}:{sampler.get_description()}" for match, sampler in self._rules)
        return f"ComposableRuleBased{{{rules}}}"


class ComposableAnnotating(ComposableSampler):
    """As `delegate`, whose spans get these attributes as well; of two under one key, these win."""

    def __init__(self, delegate: ComposableSampler, attributes: Mapping[str, AnyValue]) -> None:
        self._delegate = delegate
        self._attributes = dict(attributes)

    def intent(self, question: SamplingQuestion) -> SamplingIntent:
        intent = self._delegate.intent(question)
        given = intent.attributes
        return intent._replace(attributes={**given, **self._attributes} if given else self._attributes)

    def get_description(self) -> str:
        return f"ComposableAnnotating{{{self._delegate.get_description()},{','.join(self._attributes)}}}"
