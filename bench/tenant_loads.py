"""What it costs that tenants are apart on disk: loads of one tenant, and of many in turn; a search of one; a start.

Segments are loaded one after the other in this process, into a new store. For a comparison run it in two checkouts,
alternating; the first loads warm the engine up and don't count.

python -m bench.tenant_loads [--tenants 1] [--days 1] [--segments 60] [--requests 40] [--keep DIRECTORY]
"""

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.figures import print_table
from bench.spans import SPANS_PER_REQUEST, build_templates
from clew.journal.record import encode_record
from clew.journal.segment import Segment, segment_name
from clew.query.reader import StoredTraces
from clew.query.search import TraceQuery
from clew.store.engine import Engine
from clew.store.load import load_segment
from clew.store.migrate import migrate

_FIRST_DAY_MS = 1_772_323_200_000
_DAY_MS = 86_400_000
_WARM_UP_LOADS = 5
_QUESTIONS = 30


@dataclass(frozen=True, slots=True)
class Plan:
    """So many tenants in turn, so many segments altogether, spread over days, of so many requests each."""

    tenants: int
    days: int
    segments: int
    requests: int


def main() -> None:
    """Load, count, ask, start again, print."""
    arguments = _arguments()
    plan = Plan(arguments.tenants, arguments.days, arguments.segments, arguments.requests)
    with tempfile.TemporaryDirectory(dir=arguments.keep) as scratch:
        directory = Path(scratch)
        engine, made_s = _open(directory)
        rows = [("a new store", f"{made_s * 1e3:.0f} ms"), *_load(engine, directory, plan)]
        if arguments.wait_s:
            time.sleep(arguments.wait_s)
            rows += [(f"{arguments.wait_s} s later", _parts(engine))]
        rows += _ask(engine, plan)
        engine.close()
    print_table(f"{plan}", rows)


def _open(directory: Path) -> tuple[Engine, float]:
    engine = Engine(directory / "store")
    began_s = time.monotonic()
    migrate(engine)
    return engine, time.monotonic() - began_s


def _segments(directory: Path, plan: Plan) -> Iterator[Segment]:
    templates = build_templates(4)
    for number in range(1, plan.segments + _WARM_UP_LOADS + 1):
        place = number - _WARM_UP_LOADS - 1
        stream = f"traces/t{place % plan.tenants}" if place >= 0 else "traces/warm-up"
        created_ms = _FIRST_DAY_MS + _DAY_MS * (max(0, place) * plan.days // plan.segments)
        path = directory / segment_name(number, created_ms, stream)
        bodies = (templates[(number + n) % len(templates)].fresh()[0] for n in range(plan.requests))
        path.write_bytes(b"".join(piece for body in bodies for piece in encode_record(body)))
        yield Segment(number, created_ms, stream, path, path.stat().st_size)


def _load(engine: Engine, directory: Path, plan: Plan) -> list[tuple[str, str]]:
    handle, seconds, cpu_s = engine.trusted(), [], []
    for segment in _segments(directory, plan):
        began_s, began_cpu_s = time.monotonic(), _cpu_s()
        load_segment(handle, segment)
        seconds.append(time.monotonic() - began_s)
        cpu_s.append(_cpu_s() - began_cpu_s)
        segment.path.unlink()
    spans = plan.requests * SPANS_PER_REQUEST
    seconds, cpu_s = seconds[_WARM_UP_LOADS:], cpu_s[_WARM_UP_LOADS:]
    median_s, median_cpu_s = statistics.median(seconds), statistics.median(cpu_s)
    return [
        (
            "load, median",
            f"{median_s * 1e3:.1f} ms, {median_cpu_s * 1e3:.1f} ms of CPU, {median_s / spans * 1e6:.2f} us a span",
        ),
        ("all loads", f"{sum(seconds):.2f} s, {sum(cpu_s):.2f} s of CPU with merges"),
        ("parts", _parts(engine)),
    ]


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _parts(engine: Engine) -> str:
    rows = engine.read(
        "SELECT table, count() FROM system.parts WHERE database = 'clew' AND active AND table IN"
        " ('spans', 'traces', 'trace_starts', 'operation_minutes', 'attribute_values') GROUP BY table ORDER BY table"
    )
    return ", ".join(f"{table.decode()} {count}" for table, count in rows)


def _ask(engine: Engine, plan: Plan) -> list[tuple[str, str]]:
    reader, tenant = StoredTraces(engine), f"t{plan.tenants // 2}"
    searches = {
        "search of one tenant, newest": _query(tenant, None, ()),
        "search by service": _query(tenant, "cart", ()),
        "search by an attribute that nothing has": _query(tenant, None, (("user.id", "nobody"),)),
    }
    rows = []
    for name, query in searches.items():
        seconds = []
        for _ in range(_QUESTIONS):
            began_s = time.monotonic()
            reader.search_traces(query)
            seconds.append(time.monotonic() - began_s)
        rows.append((name, f"{statistics.median(seconds) * 1e3:.1f} ms"))
    return rows


def _query(tenant: str, service: str | None, attributes: tuple[tuple[str, str], ...]) -> TraceQuery:
    return TraceQuery(tenant, service, None, attributes, None, None, False, None, None, 20, None)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tenants", type=int, default=1)
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--segments", type=int, default=60)
    parser.add_argument("--requests", type=int, default=40)
    parser.add_argument("--wait-s", type=int, default=0, help="let merges go on for so long before asking")
    parser.add_argument("--keep", type=Path, default=None, help="a directory for the data, on the disk to measure")
    return parser.parse_args()


if __name__ == "__main__":
    main()
