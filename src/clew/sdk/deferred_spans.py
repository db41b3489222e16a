"""Holds spans that are recorded, but not sampled, until their local root ends: a failure has all of them sent."""

import threading
import weakref
from collections import OrderedDict
from dataclasses import dataclass
from os import register_at_fork
from typing import Any

from opentelemetry.context import Context, get_current
from opentelemetry.trace import StatusCode
from opentelemetry.trace.propagation import _SPAN_KEY

from clew.sdk.local_tree import LocalTree, tree_of
from clew.sdk.processor import SpanProcessor
from clew.sdk.span import SAMPLED, Span


@dataclass(frozen=True, slots=True)
class DeferralOptions:
    """How many ended spans are held; one with five attributes takes 0.7 KB."""

    spans_per_root: int = 1000
    """What ends beyond that isn't held, but for the local root and spans that fail."""
    spans: int = 10_000
    """Of all local roots. For one more, the root that has held longest loses all of its own: most likely it is one that
    never ends."""


@dataclass(frozen=True, slots=True)
class DeferralCounts:
    """Since the process began, or was forked."""

    held: int
    """Now."""
    dropped: int
    """For want of room; a trace that is kept lacks them."""


class DeferredSpans(SpanProcessor):
    """In front of the reporter: `provider.add_span_processor(DeferredSpans(Reporter(…)))`, with a `DeferringSampler`.

    Sampled spans go on at once. Of the others, those below one local root are held until it ends, and then forgotten;
    but as soon as one of them ends with an error, or `keep_trace` is called, all are sent, and what ends later as well,
    by the application's thread: 0.5 µs a span. They are then marked as sampled. A span that outlives its local root and
    fails is sent without those that were forgotten. The child of a fork holds nothing of its parent's.
    """

    def __init__(self, following: SpanProcessor, options: DeferralOptions | None = None) -> None:
        self._following = following
        self._options = options or DeferralOptions()
        self._begin()
        again = weakref.WeakMethod(self._forget_all)

        def renew() -> None:
            method = again()
            if method is not None:
                method()

        register_at_fork(after_in_child=renew)

    def _begin(self) -> None:
        self._held: OrderedDict[Span, LocalTree] = OrderedDict()
        self._dropped = 0
        self._drop_lock = threading.RLock()  # a signal handler may end a span, too

    def _forget_all(self) -> None:
        for tree in list(self._held.values()):
            tree.ended.clear()
        self._begin()

    @property
    def counts(self) -> DeferralCounts:
        return DeferralCounts(len(self._held), self._dropped)

    def on_start(self, span: Any, parent_context: Context | None = None) -> None:
        if span._flags & SAMPLED:
            return
        is_local_root = not span._parent_id or (span._parent is not None and span._parent.is_remote)
        tree = None
        if not is_local_root:
            parent = (get_current() if parent_context is None else parent_context).get(_SPAN_KEY)
            tree = tree_of(parent) if type(parent) is Span else None
        if tree is None:
            tree = LocalTree(span._span_id, self._settle)
        elif tree.is_kept:
            span._flags |= SAMPLED  # before anybody asked for its context
            return
        span._local_tree = tree

    def on_end(self, span: Span) -> None:
        if span._flags & SAMPLED:
            self._following.on_end(span)
            return
        tree = tree_of(span)
        if tree is None:  # it began before this processor was there
            return
        if span._status.status_code is StatusCode.ERROR:
            tree.is_kept = True
        is_root = span._span_id == tree.root_id
        if is_root:
            tree.is_over = True
        if tree.is_kept:
            self._settle(tree)
            self._send(span)
        elif is_root:
            self._settle(tree)
        elif not tree.is_over:
            self._hold(span, tree)

    def shutdown(self) -> None:
        """What is held is forgotten: whether it is wanted will never be known."""
        self._forget_all()
        self._following.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Of what is sent; what is held stays."""
        return self._following.force_flush(timeout_millis)

    def _hold(self, span: Span, tree: LocalTree) -> None:
        if len(tree.ended) >= self._options.spans_per_root:
            self._drop(1)
            return
        if len(self._held) >= self._options.spans:
            self._make_room()
        tree.ended.append(span)
        self._held[span] = tree
        if tree.is_kept or tree.is_over:  # another thread decided meanwhile, and may not have seen this one
            self._settle(tree)
            self._held.pop(span, None)

    def _settle(self, tree: LocalTree) -> None:
        while True:
            try:
                span = tree.ended.popleft()
            except IndexError:
                return
            self._held.pop(span, None)
            if tree.is_kept:
                self._send(span)

    def _send(self, span: Span) -> None:
        span._flags |= SAMPLED
        span._context = None  # made again when somebody asks, with the flag
        self._following.on_end(span)

    def _make_room(self) -> None:
        try:
            tree = self._held.popitem(last=False)[1]
        except KeyError:  # another thread has made room
            return
        dropped = 0
        while tree.ended:
            self._held.pop(tree.ended.popleft(), None)
            dropped += 1
        self._drop(dropped)

    def _drop(self, spans: int) -> None:
        with self._drop_lock:
            self._dropped += spans
