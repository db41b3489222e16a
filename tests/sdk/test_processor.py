from opentelemetry.sdk.trace import SpanProcessor as TheirProcessor

from clew.sdk.processor import SpanProcessor, flush_all, ignores


class _Deaf(SpanProcessor):
    pass


class _Hearing(SpanProcessor):
    def on_end(self, span: object) -> None:
        pass


class _TheirDeaf(TheirProcessor):
    pass


class _TheirHearing(TheirProcessor):
    def on_start(self, span: object, parent_context: object = None) -> None:
        pass


class _Flushing(SpanProcessor):
    def __init__(self, answer: bool) -> None:
        self._answer = answer
        self.given_ms: list[int] = []

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        self.given_ms.append(timeout_millis)
        return self._answer


def test_what_a_processor_leaves_as_it_is_costs_nothing() -> None:
    """Of ours, of the OpenTelemetry SDK, and of somebody who has only some of the methods."""
    assert ignores(_Deaf(), "on_end")
    assert not ignores(_Hearing(), "on_end")
    assert ignores(_Hearing(), "on_start")
    assert ignores(_TheirDeaf(), "on_start")
    assert not ignores(_TheirHearing(), "on_start")
    assert ignores(object(), "on_start")


def test_all_are_flushed_though_one_fails() -> None:
    """Within the time that they have together; the answer tells of the one."""
    processors = [_Flushing(False), _Flushing(True)]
    assert not flush_all(processors, 1000)
    assert all(0 < processor.given_ms[0] <= 1000 for processor in processors)
    assert flush_all([_Flushing(True)], 1000)
    assert flush_all([], 1000)


def test_no_time_is_too_little() -> None:
    """Then nobody is asked."""
    processor = _Flushing(True)
    assert not flush_all([processor], 0)
    assert processor.given_ms == []
