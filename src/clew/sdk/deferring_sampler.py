"""Records what another sampler drops until it is known whether something went wrong."""

from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import Attributes

from clew.sdk.ot_trace_state import without_threshold
from clew.sdk.sampler import Decision, Sampler, SamplingResult, decided, shut_down
from clew.sdk.span import SAMPLED, Span


class DeferringSampler(Sampler):
    """`root` is asked for local roots: spans without a parent in this process. What it drops is recorded, not sampled.

    `DeferredSpans`, the processor in front of the reporter, sends it when a span below the root fails, or when the
    application asks by `keep_trace`. Children are as their parents.

    What callees see: a call from a trace that isn't kept yet goes out with the flag `sampled` unset, because nobody can
    promise more, and a callee that follows it records nothing (unless it defers as well): its part is missing in a
    trace that is kept afterwards. From the first failure on, spans that begin are sampled, and their calls say so. The
    trace state of what is only recorded has no threshold: a trace that is kept for its error stands for itself only.
    """

    follows_local = True
    records_dropped = True

    def __init__(self, root: Sampler) -> None:
        self._root = root

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
        parent = get_current_span(parent_context)
        if isinstance(parent, Span):
            decision = Decision.RECORD_AND_SAMPLE if parent._flags & SAMPLED else Decision.RECORD_ONLY
            return SamplingResult(decision, attributes, parent._trace_state)
        context = parent.get_span_context()
        if context.is_valid and not context.is_remote:  # of another library, or not recorded
            decision = Decision.RECORD_AND_SAMPLE if context.trace_flags.sampled else Decision.DROP
            return decided(decision, parent_context, attributes)
        result = self._root.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)
        if result.decision.is_sampled():
            return result
        return SamplingResult(Decision.RECORD_ONLY, attributes, without_threshold(result.trace_state))

    def shutdown(self) -> None:
        shut_down(self._root)

    def get_description(self) -> str:
        return f"DeferringSampler{{{self._root.get_description()}}}"
