from clew.sdk.ids import RandomIdGenerator
from clew.sdk.limits import SpanLimits
from clew.sdk.processor import SpanProcessor
from clew.sdk.resource import Resource
from clew.sdk.source import Pipeline, Scope, SpanSource


class _Ending(SpanProcessor):
    def _on_ending(self, span: object) -> None:
        pass


class _All(SpanProcessor):
    def on_start(self, span: object, parent_context: object = None) -> None:
        pass

    def on_end(self, span: object) -> None:
        pass


def test_a_pipeline_calls_only_those_who_listen() -> None:
    """In the order in which they were added."""
    pipeline = Pipeline(Resource({}))
    ending, both = _Ending(), _All()
    pipeline.add(ending)
    pipeline.add(both)
    assert pipeline.processors == (ending, both)
    assert pipeline.starts == (both.on_start,)
    assert pipeline.endings == (ending._on_ending,)
    assert pipeline.ends == (both.on_end,)


def test_a_child_of_a_fork_is_another_process() -> None:
    """What its resource says of the process changes; what it never said it doesn't say now."""
    pipeline = Pipeline(Resource({"service.name": "shop", "process.pid": 1}, "https://schema"))
    source = SpanSource(Scope("a"), pipeline, RandomIdGenerator(), SpanLimits(), lambda: 0)
    pipeline.renew({"process.pid": 2, "service.instance.id": "x"})
    assert source.resource == Resource({"service.name": "shop", "process.pid": 2}, "https://schema")


def test_scopes_are_told_apart_by_all_that_they_say() -> None:
    """And may be keys, as exporters use them."""
    assert Scope("a", "1", "", {"x": 1}) == Scope("a", "1", "", {"x": 1})
    assert len({Scope("a"), Scope("a", "1"), Scope("a", attributes={"x": 1}), Scope("a")}) == 3
