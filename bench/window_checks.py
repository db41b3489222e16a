"""Asks a server for windows of a made trace, checks every answer against what was sent, and times it."""

import random
import time
from collections import defaultdict
from typing import Any

import httpx

from bench.trace_tree import SERVICES, MadeTrace

_LARGEST_WINDOW = 1000


class WindowChecks:
    """Each method asks one kind of question, asserts that the answer is right, and notes how long it took."""

    def __init__(self, rest_url: str, trace: MadeTrace, seed: int = 1) -> None:
        self.seconds: defaultdict[str, list[float]] = defaultdict(list)
        self._trace = trace
        self._client = httpx.Client(base_url=f"{rest_url}/traces/{trace.trace_id.hex()}", timeout=60.0)
        self._random = random.Random(seed)

    def __enter__(self) -> "WindowChecks":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def run(self, rounds: int) -> None:
        """Every kind of question, as often as that."""
        for _ in range(rounds):
            self.summary()
            self.top()
            self.children()
            self.path()
            self.find_service()
            self.find_attribute()
            self.find_failed()
            self.range_of_time()
            self.density()
            self.span()

    def summary(self) -> None:
        """Counts of the whole trace and of each service."""
        answer = self._ask("summary", "/summary")
        spans = self._trace.spans
        assert answer["span_count"] == len(spans)
        assert answer["error_count"] == sum(span.has_failed for span in spans)
        assert (answer["root_count"], answer["orphan_count"], answer["cycle_count"]) == (1, 0, 0)
        assert sum(service["span_count"] for service in answer["services"]) == len(spans)
        assert answer["first"]["span_id"] == spans[0].span_id

    def top(self) -> None:
        """The root alone, with what is below it."""
        (root,) = self._ask("top of the tree", "/tree")["spans"]
        self._check_row(root, 0)

    def children(self) -> None:
        """A page somewhere among the children of the root, or of any span that has some."""
        parent = 0 if self._random.random() < 0.5 else self._random.choice(list(self._trace.children))
        numbers = self._trace.children[parent]
        offset = self._random.randrange(len(numbers))
        span_id = self._trace.spans[parent].span_id
        answer = self._ask("children", "/tree", parent=span_id, offset=offset, limit=100)
        assert answer["total"] == len(numbers)
        expected = numbers[offset : offset + 100]
        for row, number in zip(answer["spans"], expected, strict=True):
            self._check_row(row, number)

    def path(self) -> None:
        """The ancestors of any span, and its place among its siblings."""
        number = self._random.randrange(len(self._trace.spans))
        answer = self._ask("path to a span", f"/path/{self._trace.spans[number].span_id}")
        assert [row["span_id"] for row in answer["ancestors"]] == self._trace.ancestors(number)
        self._check_row(answer["span"], number)
        parent = int(self._trace.parent[number])
        assert answer["span"]["position"] == (self._trace.children[parent].index(number) if parent >= 0 else 0)

    def find_service(self) -> None:
        """All spans of one service."""
        service = self._random.choice(SERVICES)
        answer = self._ask("find by service", "/find", service=service)
        assert answer["total"] == sum(span.service == service for span in self._trace.spans)
        assert {row["service"] for row in answer["spans"]} <= {service}

    def find_attribute(self) -> None:
        """The one span with that number."""
        number = self._random.randrange(len(self._trace.spans))
        answer = self._ask("find by attribute", "/find", attr=f"item.number={number}")
        assert [row["span_id"] for row in answer["spans"]] == [self._trace.spans[number].span_id]

    def find_failed(self) -> None:
        """All failed spans, page by page in the order in which they are drawn."""
        answer = self._ask("find failed spans", "/find", status="error")
        failed = {span.span_id for span in self._trace.spans if span.has_failed}
        assert answer["total"] == len(failed)
        assert {row["span_id"] for row in answer["spans"]} <= failed

    def range_of_time(self) -> None:
        """The spans of the upper levels that are under way in a hundredth of the trace."""
        root = self._trace.spans[0]
        start_ns = root.start_ns + self._random.randrange(root.duration_ns)
        end_ns = start_ns + root.duration_ns // 100
        times = {"start": start_ns, "end": end_ns, "max_depth": 3, "limit": _LARGEST_WINDOW}
        answer = self._ask("range of time", "/window", **times)
        for row in answer["spans"]:
            begin_ns = int(row["start_time_unix_nano"])
            assert row["depth"] <= 3
            assert begin_ns < end_ns
            assert begin_ns + row["duration_ns"] >= start_ns

    def density(self) -> None:
        """The strip over the whole trace: the root is under way in every interval."""
        answer = self._ask("density", "/density", intervals=500)
        assert len(answer["spans"]) == 500
        assert min(answer["spans"]) >= 1
        assert sum(answer["errors"]) == sum(span.has_failed for span in self._trace.spans)

    def span(self) -> None:
        """Any span, whole."""
        number = self._random.randrange(len(self._trace.spans))
        answer = self._ask("one span, whole", f"/spans/{self._trace.spans[number].span_id}")
        ((block,),) = [answer["resourceSpans"]]
        ((scoped,),) = [block["scopeSpans"]]
        ((span,),) = [scoped["spans"]]
        assert span["name"] == self._trace.spans[number].name
        assert span["attributes"][0]["value"]["intValue"] == str(number)

    def _ask(self, kind: str, path: str, **parameters: Any) -> Any:
        began_s = time.perf_counter()
        answer = self._client.get(path, params=parameters)
        self.seconds[kind].append(time.perf_counter() - began_s)
        answer.raise_for_status()
        return answer.json()

    def _check_row(self, row: Any, number: int) -> None:
        made = self._trace.spans[number]
        assert row["span_id"] == made.span_id
        assert row["parent_span_id"] == made.parent_id
        assert (row["service"], row["name"], row["duration_ns"]) == (made.service, made.name, made.duration_ns)
        assert row["start_time_unix_nano"] == str(made.start_ns)
        assert row["child_count"] == len(self._trace.children.get(number, ()))
        assert row["descendant_count"] == self._trace.descendants[number]
        assert row["errors_below"] == self._trace.failed_below[number]
        assert (row["status"] == "error") is made.has_failed
