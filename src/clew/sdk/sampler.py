"""Which traces are kept: the interface, and the samplers of the OpenTelemetry specification."""

import enum
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import AnyValue, Attributes

TRACE_ID_LIMIT = 1 << 64
_NOTHING: Mapping[str, AnyValue] = MappingProxyType({})


class Decision(enum.Enum):
    """Whether a span records, and whether it is sent."""

    DROP = 0
    RECORD_ONLY = 1
    RECORD_AND_SAMPLE = 2

    def is_recording(self) -> bool:
        return self is not Decision.DROP

    def is_sampled(self) -> bool:
        return self is Decision.RECORD_AND_SAMPLE


class SamplingResult:
    """A decision, the attributes that the span begins with, and the trace state that it carries."""

    __slots__ = ("attributes", "decision", "trace_state")

    def __init__(
        self, decision: Decision, attributes: Attributes = None, trace_state: TraceState | None = None
    ) -> None:
        self.decision = decision
        self.attributes = attributes or _NOTHING
        self.trace_state = trace_state

    def __repr__(self) -> str:
        return f"SamplingResult({self.decision}, attributes={dict(self.attributes)})"


class Sampler(ABC):
    """Asked when spans start, in the application's threads: MUST be quick. One of the OpenTelemetry SDK does, too.

    One that works in the background MAY have a method `shutdown` to end that, which the provider's calls; it MUST be
    able to answer afterwards as well.
    """

    follows_local = False
    """Whether a child in the same process is as its parent: then nobody needs to be asked."""
    records_dropped = False
    """Whether that holds for parents that only record as well."""

    @abstractmethod
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
        """What becomes of a span that is about to begin."""

    @abstractmethod
    def get_description(self) -> str:
        """A line for people."""


class StaticSampler(Sampler):
    """Always the same decision."""

    def __init__(self, decision: Decision) -> None:
        self._decision = decision

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
        return decided(self._decision, parent_context, attributes)

    def get_description(self) -> str:
        return "AlwaysOffSampler" if self._decision is Decision.DROP else "AlwaysOnSampler"


ALWAYS_OFF = StaticSampler(Decision.DROP)
ALWAYS_ON = StaticSampler(Decision.RECORD_AND_SAMPLE)


class TraceIdRatioBased(Sampler):
    """A share of the traces, chosen by the trace's id, so that each service that asks with the same rate agrees."""

    def __init__(self, rate: float) -> None:
        if not 0 <= rate <= 1:
            raise ValueError(f"a probability is from 0 to 1, not {rate}")
        self.rate = rate
        self.bound = round(rate * TRACE_ID_LIMIT)

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
        is_in = trace_id % TRACE_ID_LIMIT < self.bound
        return decided(Decision.RECORD_AND_SAMPLE if is_in else Decision.DROP, parent_context, attributes)

    def get_description(self) -> str:
        return f"TraceIdRatioBased{{{self.rate}}}"


class ParentBased(Sampler):
    """As the parent was decided, unless told otherwise; `root` decides where there is none."""

    def __init__(
        self,
        root: Sampler,
        remote_parent_sampled: Sampler = ALWAYS_ON,
        remote_parent_not_sampled: Sampler = ALWAYS_OFF,
        local_parent_sampled: Sampler = ALWAYS_ON,
        local_parent_not_sampled: Sampler = ALWAYS_OFF,
    ) -> None:
        self.root = root
        self._of_remote = remote_parent_not_sampled, remote_parent_sampled
        self._of_local = local_parent_not_sampled, local_parent_sampled
        self.follows_local = self._of_local == (ALWAYS_OFF, ALWAYS_ON)

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
        return self._sampler_of(parent).should_sample(
            parent_context=parent_context, trace_id=trace_id, name=name, kind=kind, attributes=attributes, links=links
        )

    def _sampler_of(self, parent: SpanContext) -> Sampler:
        if not parent.is_valid:
            return self.root
        return (self._of_remote if parent.is_remote else self._of_local)[parent.trace_flags.sampled]

    def shutdown(self) -> None:
        for sampler in (self.root, *self._of_remote, *self._of_local):
            shut_down(sampler)

    def get_description(self) -> str:
        (remote_not, remote), (local_not, local) = self._of_remote, self._of_local
        return (
            f"ParentBased{{root:{self.root.get_description()},remoteParentSampled:{remote.get_description()},"
            f"remoteParentNotSampled:{remote_not.get_description()},localParentSampled:{local.get_description()},"
            f"localParentNotSampled:{local_not.get_description()}}}"
        )


class AlwaysRecord(Sampler):
    """Records what `root` would drop, for processors in this process; it isn't sent."""

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
        result = self._root.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)
        if result.decision is not Decision.DROP:
            return result
        return SamplingResult(Decision.RECORD_ONLY, result.attributes, result.trace_state)

    def shutdown(self) -> None:
        shut_down(self._root)

    def get_description(self) -> str:
        return f"AlwaysRecordSampler{{{self._root.get_description()}}}"


DEFAULT_ON = ParentBased(ALWAYS_ON)


def decided(decision: Decision, parent_context: Context | None, attributes: Attributes) -> SamplingResult:
    """A result that keeps the parent's trace state, and the attributes of what is recorded."""
    parent = get_current_span(parent_context).get_span_context()
    kept = None if decision is Decision.DROP else attributes
    return SamplingResult(decision, kept, parent.trace_state if parent.is_valid else None)


def shut_down(sampler: Sampler) -> None:
    """End what it has in the background, if anything."""
    end = getattr(sampler, "shutdown", None)
    if end is not None:
        end()
