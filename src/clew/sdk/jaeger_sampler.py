"""What the samplers of Jaeger's clients have in common: a root tells by which sampler and parameter it was kept."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import AnyValue, Attributes

from clew.sdk.sampler import Decision, Sampler, SamplingResult

Tags = Mapping[str, AnyValue]
"""`sampler.type` and `sampler.param`: from those of probabilities the store knows how many traces one stands for."""


class JaegerSampler(Sampler):
    """Decides by the trace's id and the operation's name; meant for roots, below a `ParentBased`."""

    @abstractmethod
    def choose(self, trace_id: int, operation: str) -> Tags | None:
        """The tags of a root that is kept; None when it isn't. Called in the application's threads: MUST NOT wait."""

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
        state = parent.trace_state if parent.is_valid else None
        tags = self.choose(trace_id, name)
        if tags is None:
            return SamplingResult(Decision.DROP, None, state)
        if not parent.is_valid:
            attributes = {**attributes, **tags} if attributes else tags
        return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, state)


def tags_of(kind: str, parameter: bool | float) -> Tags:
    """The two of them, never changed."""
    return MappingProxyType({"sampler.type": kind, "sampler.param": parameter})
