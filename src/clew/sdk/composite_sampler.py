"""Consistent probability sampling: decides by threshold and randomness, and tells the threshold in the trace state."""

import random
from collections.abc import Callable, Sequence

from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanKind, TraceState, get_current_span
from opentelemetry.trace.span import DEFAULT_TRACE_STATE
from opentelemetry.util.types import Attributes

from clew.sdk.composable_samplers import ComposableParentThreshold
from clew.sdk.ot_trace_state import RANDOMNESS_BITS, OtEntry, read_entry, write_entry
from clew.sdk.sampler import Decision, Sampler, SamplingResult
from clew.sdk.sampling_intent import ComposableSampler, SamplingIntent, SamplingQuestion

Draw = Callable[[int], int]
"""So many random bits."""
_draw = random.SystemRandom().getrandbits


class CompositeSampler(Sampler):
    """A span is kept when the trace's randomness is at least the threshold that `delegate` intends.

    A kept span's trace state has `ot=th:…`, from which the store knows how many spans it stands for; where that isn't
    known, and for spans that are dropped, there is no `th`. An explicit randomness `rv` stays what it is. Where ids of
    traces aren't random, which the id generator's author knows, `are_ids_random=False` gives roots one.

    Below `ComposableParentThreshold`, the usual one, a child in the same process is as its parent without being asked.
    """

    def __init__(
        self,
        delegate: ComposableSampler,
        are_ids_random: bool = True,
        draw: Draw = _draw,
    ) -> None:
        self._delegate = delegate
        self.follows_local = isinstance(delegate, ComposableParentThreshold)
        self._are_ids_random = are_ids_random
        self._draw = draw

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
        parent = get_current_span(parent_context).get_span_context()
        state = parent.trace_state if trace_state is None else trace_state
        entry = read_entry(state)
        if not self._are_ids_random and entry.randomness is None and not parent.is_valid:
            entry = entry._replace(randomness=self._draw(RANDOMNESS_BITS))
        question = SamplingQuestion(parent_context, parent, trace_id, name, kind, attributes, links, entry)
        intent = self._delegate.intent(question)
        is_kept = self._is_kept(intent, question)
        told = intent.threshold if is_kept and intent.is_reliable else None
        state = _updated(state, intent, OtEntry(told, entry.randomness, entry.rest))
        if not is_kept:
            return SamplingResult(Decision.DROP, None, state)
        given = intent.attributes
        merged = {**(attributes or {}), **given} if given else attributes
        return SamplingResult(Decision.RECORD_AND_SAMPLE, merged, state)

    def _is_kept(self, intent: SamplingIntent, question: SamplingQuestion) -> bool:
        """By the trace's own randomness only when the threshold is told: else later decisions would depend on it."""
        threshold = intent.threshold
        if not threshold:
            return threshold == 0
        return (question.randomness if intent.is_reliable else self._draw(RANDOMNESS_BITS)) >= threshold

    def get_description(self) -> str:
        return f"CompositeSampler{{{self._delegate.get_description()}}}"


def _updated(state: TraceState, intent: SamplingIntent, entry: OtEntry) -> TraceState:
    if intent.update_state is not None:
        state = intent.update_state(state or DEFAULT_TRACE_STATE)
    return write_entry(state, entry)
