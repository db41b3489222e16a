"""Summaries, rates and the catalogue against slow counts, over loads in any order, of several days, and repeated."""

import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from clew.model.duration_histogram import bucket_of
from clew.model.red import MINUTE_NS, RedFigures, RedQuery
from clew.store.read import list_attribute_keys, list_attribute_values, list_operations, list_services
from clew.store.read_red import read_red
from tests.analyse.loads import Loads
from tests.analyse.random_spans import FIRST_MINUTE, MINUTES, attributes_of, random_spans
from tests.analyse.slow_graph import SlowSpan, weight
from tests.data_plane import DataPlane, new_tenant

END_MINUTE = FIRST_MINUTE + 2 * MINUTES + 1
SUMMARY = (
    "SELECT trace_id, min(start_time_unix_nano), max(end_time_unix_nano), min(root), sum(span_count), sum(error_count),"
    " arraySort(groupUniqArrayArray(services)) FROM clew.traces WHERE tenant = {t:String} GROUP BY trace_id"
)

Stored = dict[str, list[SlowSpan]]


@pytest.fixture(scope="module")
def stored(data_plane: DataPlane, tmp_path_factory: pytest.TempPathFactory) -> Stored:
    """Two tenants, each with spans of its own, loaded shuffled and partly again."""
    source = random.Random(11)
    loads = Loads(data_plane, tmp_path_factory.mktemp("loads"))
    spans = {new_tenant(): random_spans(seed, 60) for seed in (3, 4)}
    for tenant, own in spans.items():
        loads.load_all(source, tenant, own, 6)
    return spans


def summaries(spans: list[SlowSpan]) -> dict[bytes, tuple[Any, ...]]:
    """The summary of each trace by its definition."""
    by_trace: dict[bytes, list[SlowSpan]] = defaultdict(list)
    for span in spans:
        by_trace[span.trace_id].append(span)
    return {
        trace_id: (
            min(span.start for span in own),
            max(span.start + max(0, span.duration) for span in own),
            min((span.parent != b"", span.start, span.service, f"operation of {span.service}") for span in own),
            len(own),
            sum(span.is_error for span in own),
            sorted({span.service for span in own}),
        )
        for trace_id, own in by_trace.items()
    }


def test_trace_summaries_are_exact(data_plane: DataPlane, stored: Stored) -> None:
    """Start, end, root, counts and services of every trace of every tenant."""
    for tenant, spans in stored.items():
        rows = data_plane.engine.read(SUMMARY, {"t": tenant})
        found = {
            row[0]: (
                row[1],
                row[2],
                (
                    row[3]["has_parent"],
                    row[3]["start_time_unix_nano"],
                    row[3]["service"].decode(),
                    row[3]["name"].decode(),
                ),
                row[4],
                row[5],
                [service.decode() for service in row[6]],
            )
            for row in rows
        }
        assert found == summaries(spans)


def figures(spans: list[SlowSpan]) -> RedFigures:
    """Counts and durations by their definition, each span as often as it weighs."""
    weighed = [(span, weight(span.probability)) for span in spans]
    histogram: dict[int, float] = defaultdict(float)
    for span, each in weighed:
        histogram[bucket_of(span.duration)] += each
    return RedFigures(
        sum(each for _, each in weighed),
        sum(each for span, each in weighed if span.is_error),
        sum(each * max(0, span.duration) for span, each in weighed),
        max(max(0, span.duration) for span in spans),
        dict(histogram),
        len(spans),
        sum(span.is_error for span in spans),
    )


@pytest.mark.parametrize("kinds", [(), (2, 5), (9,)])
@pytest.mark.parametrize("step_minutes", [1, 4, 100])
@pytest.mark.parametrize("operation", [None, "operation of shop"])
def test_rates_errors_and_durations_are_exact(
    data_plane: DataPlane, stored: Stored, kinds: tuple[int, ...], step_minutes: int, operation: str | None
) -> None:
    """Of every service and step; the minutes outside of the question don't count."""
    for tenant, spans in stored.items():
        query = RedQuery(tenant, None, operation, kinds, FIRST_MINUTE + 2, END_MINUTE, step_minutes)
        expected: dict[tuple[str, int], list[SlowSpan]] = defaultdict(list)
        for span in spans:
            minute = span.start // MINUTE_NS
            is_named = operation in (None, f"operation of {span.service}")
            if minute >= query.first_minute and is_named and (not kinds or span.kind in kinds):
                expected[span.service, (minute - query.first_minute) // step_minutes].append(span)
        found = {
            (series.service, step): each
            for series in read_red(data_plane.engine, query)
            for step, each in series.steps.items()
        }
        assert found == {key: figures(own) for key, own in expected.items()}


def test_services_and_operations_are_exact(data_plane: DataPlane, stored: Stored) -> None:
    """Counts over everything stored, by service, and by name and kind."""
    for tenant, spans in stored.items():
        services = list_services(data_plane.engine, tenant)
        stored_counts = Counter(span.service for span in spans)
        counts: dict[str, float] = defaultdict(float)
        for span in spans:
            counts[span.service] += weight(span.probability)
        assert {each.name: each.span_count for each in services} == counts
        assert {each.name: each.stored_span_count for each in services} == stored_counts
        for each in services:
            operations = list_operations(data_plane.engine, tenant, each.name)
            assert sum(operation.span_count for operation in operations) == counts[each.name]
            assert sum(operation.stored_span_count for operation in operations) == stored_counts[each.name]
            assert sum(operation.error_count for operation in operations) == each.error_count


def test_the_catalogue_is_exact_for_small_loads(data_plane: DataPlane, stored: Stored) -> None:
    """Every key of every tenant, and every value of it with its count."""
    for tenant, spans in stored.items():
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for span in spans:
            for key, value in attributes_of(span).items():
                counts[key][value] += 1
        keys = {each.key: each.kinds for each in list_attribute_keys(data_plane.engine, tenant, "", 1000)}
        assert keys == dict.fromkeys([*counts, "service.name"], ("string",))
        for key, own in counts.items():
            values = list_attribute_values(data_plane.engine, tenant, key, "", 1000)
            expected = {value: count for value, count in own.items() if len(value) < 150}
            assert {each.value: each.count for each in values} == expected


def test_every_key_of_a_large_load_is_in_the_catalogue(data_plane: DataPlane, tmp_path: Path, tenant: str) -> None:
    """Keys of up to 127 bytes that only spans beyond the sample have, on spans, events and links; of 18 bytes, too."""
    plain = random_spans(9, 1)[0]
    spans = [plain] * 2500
    loads = Loads(data_plane, tmp_path)
    keys = [f"{number}".ljust(number, "k") for number in range(1, 128)] + ["", "with \x11 and \n inside", "é" * 9]
    loads.load(loads.segment_with_keys(tenant, spans, keys))
    found = {each.key: set(each.levels) for each in list_attribute_keys(data_plane.engine, tenant, "", 10_000)}
    assert {key: found.get(key, set()) for key in keys if key} == {
        key: {"span", "event", "link"} for key in keys if key
    }
