"""The spans below one local root of which nobody knows yet whether they are sent."""

from collections import deque
from collections.abc import Callable

from opentelemetry import trace

from clew.sdk.span import SAMPLED, Span


class LocalTree:
    """Which are kept from now on, once somebody says so; its processor holds those that ended before.

    Hangs on its spans, and goes with them. No locks: the two flags only ever become true, and each span that ended is
    taken out by one thread only.
    """

    __slots__ = ("ended", "is_kept", "is_over", "root_id", "settle")

    def __init__(self, root_id: int, settle: "Callable[[LocalTree], None]") -> None:
        self.root_id = root_id
        self.settle = settle
        """Sends what ended, or forgets it, as the flags say."""
        self.ended: deque[Span] = deque()
        self.is_kept = False
        """What ended is sent, and so is what will."""
        self.is_over = False
        """The local root ended."""

    def keep(self) -> None:
        """Send what ended, now and later."""
        self.is_kept = True
        self.settle(self)


def tree_of(span: Span) -> LocalTree | None:
    """None for a span that is sent anyway, or that is recorded for somebody else."""
    tree: LocalTree | None = getattr(span, "_local_tree", None)
    return tree


def keep_trace(span: trace.Span | None = None) -> bool:
    """Have the spans below the local root of this span, or of the current one, sent, though the sampler dropped them.

    False when it can't be done any more, or not as a whole: they weren't recorded, or their root has ended.
    """
    asked = trace.get_current_span() if span is None else span
    if not isinstance(asked, Span):
        return False
    tree = tree_of(asked)
    if tree is None:
        return bool(asked._flags & SAMPLED)
    was_in_time = tree.is_kept or not tree.is_over
    tree.keep()
    return was_in_time
