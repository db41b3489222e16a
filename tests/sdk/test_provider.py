import json
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest
from opentelemetry.sdk.resources import Resource as TheirResource
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from clew.sdk.ids import IdGenerator
from clew.sdk.provider import TracerProvider
from tests.sdk.kept_spans import keeping_provider


def _line(span: Any) -> str:
    return str(span.to_json(None)) + "\n"


def test_one_scope_has_one_tracer() -> None:
    """The same name, version, schema and attributes."""
    provider, _ = keeping_provider()
    first = provider.get_tracer("a", "1", "https://s", {"x": 1})
    assert provider.get_tracer("a", "1", "https://s", {"x": 1}) is first
    assert provider.get_tracer("a", "1", "https://s", {"x": 2}) is not first
    assert provider.get_tracer("a", "2", "https://s", {"x": 1}) is not first


def test_a_tracer_without_a_name_is_told_and_works(caplog: pytest.LogCaptureFixture) -> None:
    """The application goes on."""
    provider, kept = keeping_provider()
    provider.get_tracer("").start_span("name").end()
    assert kept.names == ["name"]
    assert "get_tracer" in caplog.text


def test_a_provider_that_is_switched_off_makes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `OTEL_SDK_DISABLED` says."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "TRUE ")
    provider, kept = keeping_provider()
    with provider.get_tracer("test").start_as_current_span("name") as span:
        assert not span.is_recording()
    assert kept.spans == []


def test_ids_and_time_may_be_ones_own() -> None:
    """A generator that counts, and a clock that does."""

    class Counting(IdGenerator):
        def __init__(self) -> None:
            self._last = 0

        def generate_span_id(self) -> int:
            self._last += 1
            return self._last

        def generate_trace_id(self) -> int:
            return self.generate_span_id() << 64

    ticks = iter(range(100, 200))
    provider, kept = keeping_provider(id_generator=Counting(), clock=lambda: next(ticks))
    span = provider.get_tracer("test").start_span("name")
    span.add_event("event")
    span.end()
    [ended] = kept.spans
    assert (ended.context.trace_id, ended.context.span_id, ended.context.trace_flags) == (1 << 64, 2, 1)
    assert (ended.start_time, ended.events[0].timestamp, ended.end_time) == (100, 101, 102)


def test_processors_and_exporters_of_the_reference_are_used_as_they_are() -> None:
    """In batches, one by one, and on the console, with a resource of theirs."""
    provider = TracerProvider(shutdown_on_exit=False, resource=TheirResource({"service.name": "shop"}))  # type: ignore[arg-type]  # one of theirs does as well
    batches, singles, console = InMemorySpanExporter(), InMemorySpanExporter(), StringIO()
    provider.add_span_processor(BatchSpanProcessor(batches))
    provider.add_span_processor(SimpleSpanProcessor(singles))
    provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(out=console, formatter=_line)))
    with provider.get_tracer("test").start_as_current_span("root"):
        provider.get_tracer("test").start_span("child").end()
    assert provider.force_flush()
    for exporter in (batches, singles):
        assert [span.name for span in exporter.get_finished_spans()] == ["child", "root"]
        assert exporter.get_finished_spans()[0].resource.attributes["service.name"] == "shop"
    assert [json.loads(line)["name"] for line in console.getvalue().splitlines()] == ["child", "root"]
    provider.shutdown()


def test_the_api_finds_the_provider() -> None:
    """`trace.get_tracer` of the OpenTelemetry API makes our spans once the provider is set."""
    program = (
        "from opentelemetry import trace\n"
        "early = trace.get_tracer('early')\n"
        "from clew.sdk.provider import TracerProvider\n"
        "trace.set_tracer_provider(TracerProvider())\n"
        "print(type(trace.get_tracer('x').start_span('a')).__module__, type(early.start_span('a')).__module__)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["clew.sdk.span", "clew.sdk.span"]
    assert done.stderr == ""


def test_at_the_end_of_the_program_processors_are_shut_down() -> None:
    """Without anybody having to think of it."""
    program = (
        "from clew.sdk.processor import SpanProcessor\n"
        "from clew.sdk.provider import TracerProvider\n"
        "class Last(SpanProcessor):\n"
        "    def shutdown(self): print('delivered')\n"
        "TracerProvider().add_span_processor(Last())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["delivered"]
