"""`make bench-query`: how fast questions are answered over many spans, and whether the answers are right.

Spans are generated and loaded, 18 % of them in the newest minute, the others over the 40 hours before. When the service
graph has caught up with them, each class of question is asked 100 times over HTTP, each time another one; then each
answer is compared with brute force over the facts that were generated. The first difference ends the run.

python -m bench.queries [--spans 50000000] [--questions 100] [--keep DIRECTORY]
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import numpy as np
from numpy.typing import NDArray

from bench.figures import percentile, print_table
from bench.query_data import (
    OPERATIONS_PER_SERVICE,
    PATHS,
    SPANS_PER_SEGMENT,
    SpanFacts,
    join_facts,
    make_segments,
    operation_name,
)
from bench.server import BenchServer, running_server
from bench.spans import SERVICES
from clew.journal.record import encode_record
from clew.journal.segment import Segment, segment_name
from clew.store.engine import Engine
from clew.store.load import load_segment
from clew.store.migrate import migrate

_SECOND_NS = 1_000_000_000
_NEWEST_SHARE, _NEWEST_S, _HISTORY_S = 0.18, 60, 40 * 3600
_SETTLE_TIMEOUT_S = 600.0
_CATCH_UP_TIMEOUT_S = 1800.0
_STORED = "SELECT sum(rows), sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'spans'"
_LIMIT = 20
_STATUS_CODES = (404, 500)

Traces: TypeAlias = NDArray[np.uint32]
Parameters: TypeAlias = dict[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, which of the facts' spans match, and before when their traces must begin."""

    parameters: Parameters
    spans: Callable[[], NDArray[np.bool_]]
    end_ns: int = 2**63 - 1


@dataclass(frozen=True, slots=True)
class QuestionClass:
    """A name, the goal for its median, and how one is made."""

    name: str
    goal_ms: float | None
    make: Callable[[SpanFacts, random.Random], Question]

    @property
    def is_count(self) -> bool:
        """Whether matches are counted, not listed."""
        return self.name.startswith("count")


def main() -> None:
    """Generate, load, ask, compare, print."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(dir=arguments.keep) as scratch:
        directory = Path(scratch)
        facts = _load(directory, arguments.spans)
        hurry = {"CLEW_ANALYSE_MAX_CORE_SHARE": "1"}
        with running_server(directory, {0, 1}, hurry) as server, httpx.Client(timeout=60.0) as client:
            _progress("the service graph catches up with what was loaded")
            server.wait_graph(_CATCH_UP_TIMEOUT_S)
            server.wait_merged()
            rows = [_measure_traces(server, client, facts, arguments.questions)]
            rows += [_measure(server, client, facts, kind, arguments.questions) for kind in CLASSES]
    print_table("each class of question: p50 and p99 over HTTP, the goal, how many traces match on average", rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Query figures of Clew over generated spans, checked by brute force.")
    parser.add_argument("--spans", type=int, default=50_000_000)
    parser.add_argument("--questions", type=int, default=100, help="of each class")
    parser.add_argument("--keep", type=Path, default=None, help="where the data directory is made (and removed after)")
    return parser.parse_args()


def _load(directory: Path, spans: int) -> SpanFacts:
    """Load through the journal's own format, without the doors; the facts of all spans."""
    count = max(2, -(-spans // SPANS_PER_SEGMENT))
    newest = max(1, round(count * _NEWEST_SHARE))
    now_ns = time.time_ns() // _SECOND_NS * _SECOND_NS
    old = [now_ns - (_NEWEST_S + (n + 1) * _HISTORY_S // (count - newest)) * _SECOND_NS for n in range(count - newest)]
    recent = [now_ns - _NEWEST_S * _SECOND_NS + n * _NEWEST_S * _SECOND_NS // newest for n in range(newest)]
    data = directory / "data"
    engine = Engine(data / "store")
    migrate(engine)
    handle = engine.trusted()
    parts, began_s = [], time.monotonic()
    for number, (bodies, facts) in enumerate(make_segments([*sorted(old), *recent], _SECOND_NS), 1):
        created_ms = int(facts.trace_start_ns.min()) // 1_000_000
        path = directory / segment_name(number, created_ms, "traces/default")
        path.write_bytes(b"".join(piece for body in bodies for piece in encode_record(body)))
        load_segment(handle, Segment(number, created_ms, "traces/default", path, path.stat().st_size))
        path.unlink()
        parts.append(facts)
        _progress(f"{number * SPANS_PER_SEGMENT / 1e6:.1f} M spans loaded")
    _settle(engine)
    ((stored, size_bytes),) = engine.read(_STORED)
    engine.close()
    print(f"\n{stored:,} spans of {size_bytes / stored:.1f} bytes, loaded in {time.monotonic() - began_s:.0f} s")
    return join_facts(parts)


def _settle(engine: Engine) -> None:
    deadline_s = time.monotonic() + _SETTLE_TIMEOUT_S
    idle = 0
    while idle < 5 and time.monotonic() < deadline_s:
        ((merges,),) = engine.read("SELECT count() FROM system.merges")
        idle = 0 if merges else idle + 1
        _progress(f"{merges} merges under way")
        time.sleep(1.0)


def _measure_traces(server: BenchServer, client: httpx.Client, facts: SpanFacts, count: int) -> tuple[str, str]:
    """Traces by id."""
    rng, seconds = random.Random(7), []
    sizes = np.bincount(facts.trace, minlength=len(facts.trace_id))
    for _ in range(count):
        place = rng.randrange(len(facts.trace_id))
        path = f"http://{server.http}/api/clew/v1/traces/{facts.trace_id[place].tobytes().hex()}"
        began_s = time.monotonic()
        answer = client.get(path, headers={"Accept": "application/json"})
        seconds.append(time.monotonic() - began_s)
        found = sum(len(s["spans"]) for r in answer.json()["resourceSpans"] for s in r["scopeSpans"])
        _same(found, int(sizes[place]), path)
    return _row("trace by id", 30.0, seconds, 1)


def _measure(
    server: BenchServer, client: httpx.Client, facts: SpanFacts, kind: QuestionClass, count: int
) -> tuple[str, str]:
    rng = random.Random(kind.name)
    url = f"http://{server.http}/api/clew/v1/traces{'/histogram' if kind.is_count else ''}"
    questions = [kind.make(facts, rng) for _ in range(count)]
    timed = [_ask(client, url, question) for question in questions]
    matches = [_check(facts, kind, question, answer) for question, (answer, _) in zip(questions, timed, strict=True)]
    return _row(kind.name, kind.goal_ms, [seconds for _, seconds in timed], sum(matches) / count)


def _ask(client: httpx.Client, url: str, question: Question) -> tuple[Any, float]:
    """The answer, and the seconds until it was there."""
    began_s = time.monotonic()
    answer = client.get(url, params=question.parameters)
    seconds = time.monotonic() - began_s
    if answer.status_code != 200:
        sys.exit(f"{answer.status_code} for {question.parameters}: {answer.text}")
    return answer.json(), seconds


def _check(facts: SpanFacts, kind: QuestionClass, question: Question, answer: Any) -> int:
    """How many traces match; the run ends when the answer is another one."""
    spans, traces = _brute_force(facts, question)
    if kind.is_count:
        _same((answer["spans"], answer["traces"]), (spans, len(traces)), str(question.parameters))
    else:
        expected = [facts.trace_id[place].tobytes().hex() for place in traces[:_LIMIT]]
        _same([trace["trace_id"] for trace in answer["traces"]], expected, str(question.parameters))
    return len(traces)


def _brute_force(facts: SpanFacts, question: Question) -> tuple[int, Traces]:
    """How many spans match, and the traces of them, newest first."""
    matching = facts.trace[question.spans()]
    within = matching[facts.trace_start_ns[matching] < question.end_ns]
    traces = np.unique(within)
    high, low = facts.trace_id[traces].view(">u8").reshape(-1, 2).T
    order = np.lexsort((low, high, -facts.trace_start_ns[traces]))
    return len(within), traces[order].astype(np.uint32)


def _same(found: Any, expected: Any, what: str) -> None:
    if found != expected:
        sys.exit(f"\nwrong answer to {what}\n   found: {found}\nexpected: {expected}")


def _row(name: str, goal_ms: float | None, seconds: list[float], matches: float) -> tuple[str, str]:
    p50_ms, p99_ms = (percentile(seconds, share) * 1e3 for share in (0.5, 0.99))
    goal = "no goal" if goal_ms is None else f"goal {goal_ms:.0f} ms"
    _progress(f"{name}: {p50_ms:.0f} ms")
    return name, f"{p50_ms:7.1f} ms {p99_ms:7.1f} ms   {goal:<12} {matches:>9,.0f}"


def _progress(text: str) -> None:
    print(f"\r{text:<60}", end="", file=sys.stderr, flush=True)


def _of_service(facts: SpanFacts, service: int) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = facts.operation // OPERATIONS_PER_SERVICE == service
    return found


def _latest(facts: SpanFacts, rng: random.Random) -> Question:
    service = rng.randrange(len(SERVICES))
    return Question({"service": SERVICES[service]}, lambda: _of_service(facts, service))


def _user(facts: SpanFacts, rng: random.Random) -> Question:
    user = int(facts.user[rng.randrange(len(facts.user))])
    return Question({"attr": f"user.id=user-{user:06d}"}, lambda: facts.user[facts.trace] == user)


def _path(facts: SpanFacts, rng: random.Random) -> Question:
    service, path = rng.randrange(len(SERVICES)), rng.randrange(PATHS)
    text = f"url.path=/{SERVICES[service]}/items/{path:05d}"
    return Question({"attr": text}, lambda: (facts.path == path) & _of_service(facts, service))


def _frequent(facts: SpanFacts, rng: random.Random) -> Question:
    code = rng.choice(_STATUS_CODES)
    return Question({"attr": f"http.response.status_code={code}"}, lambda: facts.status_code == code)


def _combined(facts: SpanFacts, rng: random.Random) -> Question:
    operation, code, least_ms = rng.randrange(80), rng.choice(_STATUS_CODES), rng.randrange(5, 60)
    service = SERVICES[operation // OPERATIONS_PER_SERVICE]
    text = f"service = {service} and http.response.status_code = {code} and duration >= {least_ms}ms"
    return Question(
        {"operation": operation_name(operation), "q": text},
        lambda: (
            (facts.operation == operation) & (facts.status_code == code) & (facts.duration_ns >= least_ms * 1_000_000)
        ),
    )


def _comparison(facts: SpanFacts, rng: random.Random) -> Question:
    service, least = rng.randrange(len(SERVICES)), rng.randrange(401, 500)
    text = f"service = {SERVICES[service]} and http.response.status_code >= {least}"
    return Question({"q": text}, lambda: _of_service(facts, service) & (facts.status_code >= least))


def _prefix(facts: SpanFacts, rng: random.Random) -> Question:
    service, start = rng.randrange(len(SERVICES)), rng.randrange(PATHS // 10)
    text = f'url.path ^= "/{SERVICES[service]}/items/{start:04d}"'
    return Question({"q": text}, lambda: _of_service(facts, service) & (facts.path // 10 == start))


def _regex(facts: SpanFacts, rng: random.Random) -> Question:
    last = rng.randrange(1000)
    text = f'url.path =~ "^/cart/items/[0-9]+{last:03d}$"'
    cart = SERVICES.index("cart")
    return Question({"q": text}, lambda: _of_service(facts, cart) & (facts.path % 1000 == last))


def _past(facts: SpanFacts, rng: random.Random) -> Question:
    service, code = rng.randrange(len(SERVICES)), rng.choice(_STATUS_CODES)
    newest, oldest = int(facts.trace_start_ns.max()), int(facts.trace_start_ns.min())
    end_ns = rng.randrange(oldest + (newest - oldest) // 20, newest)
    parameters = {"service": SERVICES[service], "attr": f"http.response.status_code={code}", "end": str(end_ns)}
    return Question(parameters, lambda: _of_service(facts, service) & (facts.status_code == code), end_ns)


def _count_path(facts: SpanFacts, rng: random.Random) -> Question:
    question = _path(facts, rng)
    end_ns = int(facts.trace_start_ns.max()) + 1
    return Question({**question.parameters, "start": "0", "end": str(end_ns)}, question.spans, end_ns)


CLASSES = (
    QuestionClass("latest 20 of a service", 50.0, _latest),
    QuestionClass("attribute: a user", 100.0, _user),
    QuestionClass("attribute: a path", 100.0, _path),
    QuestionClass("attribute: a frequent status", 100.0, _frequent),
    QuestionClass("service, operation, attribute, duration", 200.0, _combined),
    QuestionClass("comparison", None, _comparison),
    QuestionClass("prefix", None, _prefix),
    QuestionClass("regular expression", None, _regex),
    QuestionClass("before some moment", None, _past),
    QuestionClass("count: a path", None, _count_path),
)


if __name__ == "__main__":
    main()
