"""What samplers that can be composed are asked, and what they answer: a threshold, and no decision yet."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceState
from opentelemetry.util.types import AnyValue, Attributes

from clew.sdk.ot_trace_state import RANDOMNESS_MASK, OtEntry


class SamplingQuestion(NamedTuple):
    """A span that is about to begin, with what is known of its parent."""

    context: Context | None
    parent: SpanContext
    """Not valid for a root."""
    trace_id: int
    name: str
    kind: SpanKind | None
    attributes: Attributes
    links: Sequence[Link] | None
    entry: OtEntry
    """Of the parent's trace state."""

    @property
    def is_root(self) -> bool:
        return not self.parent.is_valid

    @property
    def randomness(self) -> int:
        """The number by which all participants choose: the explicit one, else the last 56 bits of the trace's id."""
        explicit = self.entry.randomness
        return self.trace_id & RANDOMNESS_MASK if explicit is None else explicit


class SamplingIntent(NamedTuple):
    """What a sampler would do."""

    threshold: int | None
    """None keeps nothing."""
    is_reliable: bool = True
    """Whether the threshold says how many spans one stands for."""
    attributes: Mapping[str, AnyValue] | None = None
    """Of a span that is kept."""
    update_state: Callable[[TraceState], TraceState] | None = None
    """MUST leave the entry `ot` alone."""


DROPPING = SamplingIntent(None, is_reliable=False)


class ComposableSampler(ABC):
    """Asked when spans start, in the application's threads: MUST be quick, and MUST NOT choose by chance."""

    @abstractmethod
    def intent(self, question: SamplingQuestion) -> SamplingIntent:
        """What becomes of a span, as far as this sampler has a say."""

    @abstractmethod
    def get_description(self) -> str:
        """A line for people."""
