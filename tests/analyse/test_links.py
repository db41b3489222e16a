from dataclasses import replace

from clew.analyse.links import find_linked_calls, link_targets
from clew.model.ids import halves
from clew.model.service_graph import EdgeFigures
from clew.store.graph_windows import LinkingSpan, StoredSpan

PRODUCER, CONSUMER, INTERNAL = 4, 5, 1
OWN, OTHER = b"o" * 16, b"t" * 16
SENT = StoredSpan(OTHER, b"producer", PRODUCER, "shop", 0, 1000, is_error=True)
GOT = LinkingSpan(
    StoredSpan(OWN, b"consumer", CONSUMER, "mailer", 60_000_000_000, 2000, is_error=False),
    b"",
    ((OTHER, b"producer"),),
    0.0,
)
WINDOWS = {OWN: 1}


def test_a_link_from_a_consumer_to_a_producer_is_a_call() -> None:
    """It counts in the minute of the consumer, in the window of its trace, with the durations of both."""
    calls, linked = find_linked_calls([GOT], [SENT], WINDOWS, {})
    ((window, minute, key, probability),) = calls
    assert (window, minute, key.client.name, key.server.name, key.kind) == (1, 1, "shop", "mailer", "messaging")
    assert probability == 0
    assert calls[window, minute, key, probability] == EdgeFigures(1, 1, {79: 1}, {87: 1})
    assert [key[3:] for key in linked] == [("mailer", 60_000_000_000, 2000)]


def test_a_link_to_the_parent_is_no_second_call() -> None:
    """But the span has found its producer."""
    inside = replace(SENT, trace_id=OWN)
    own = replace(GOT, parent_span_id=b"producer", links=((OWN, b"producer"),))
    calls, linked = find_linked_calls([own], [inside], WINDOWS, {})
    assert calls == {}
    assert len(linked) == 1


def test_links_that_are_no_messages_make_no_calls() -> None:
    """Neither does a link to a span that isn't stored, nor one within a service that is no producer's."""
    plain = replace(GOT, span=replace(GOT.span, kind=INTERNAL))
    assert find_linked_calls([plain], [replace(SENT, kind=INTERNAL)], WINDOWS, {})[0] == {}
    assert find_linked_calls([GOT], [], WINDOWS, {}) == ({}, set())
    assert find_linked_calls([GOT], [replace(SENT, kind=INTERNAL, service="mailer")], WINDOWS, {})[0] == {}


def test_ids_of_another_length_are_not_looked_for() -> None:
    """A link may hold anything; only what can be a span's id is a target, and each once."""
    odd = replace(GOT, links=((b"short", b"producer"), (OTHER, b""), (OTHER, b"producer")))
    assert link_targets([odd, GOT]) == [(OTHER, b"producer")]


def test_a_linked_call_has_the_probability_of_its_consumer() -> None:
    """As it tells, else as the root of its trace does."""
    for told, roots, probability in [(0.5, {halves(OWN): 0.25}, 0.5), (0.0, {halves(OWN): 0.25}, 0.25), (0.0, {}, 0.0)]:
        calls, _ = find_linked_calls([replace(GOT, probability=told)], [SENT], WINDOWS, roots)
        assert [found for (*_, found) in calls] == [probability]
