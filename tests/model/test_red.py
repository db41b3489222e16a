from clew.model.red import ENTRY_KINDS
from clew.model.trace import SPAN_KINDS


def test_what_comes_in_are_server_and_consumer_spans() -> None:
    """The kinds of a service's own rate have OTLP's numbers."""
    assert [SPAN_KINDS[kind] for kind in ENTRY_KINDS] == ["server", "consumer"]
