"""Counts the root spans of a window of time, by operation, and by which probability they were kept."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from clickhouse_connect.driver.exceptions import ClickHouseError

from clew.errors import StoreError
from clew.sampling.adaptive import MOST_OPERATIONS, Operation, Throughput
from clew.store.engine import Engine
from clew.store.engine_errors import short
from clew.store.statement import statement
from clew.store.told_probability import probability_of

_MINUTE_NS = 60_000_000_000
_OPERATIONS_PER_SERVICE = 2000
"""The most that any client follows; those with the most spans are read."""
_SETTINGS = {"max_threads": 1, "max_memory_usage": 1 << 30, "max_execution_time": 60, "optimize_move_to_prewhere": 1}


class RootThroughput:
    """Statements on a handle of its own, from one thread."""

    def __init__(self, engine: Engine) -> None:
        self._handle = engine.trusted()

    def read(self, tenant: str | None, start_unix_nano: int, end_unix_nano: int) -> dict[Operation, Throughput]:
        """Root spans that started from `start_unix_nano` up to, but without, `end_unix_nano`.

        `tenant` None: of all of them together. Raises StoreError.
        """
        parameters = {
            "tenant": tenant or "",
            "any_tenant": tenant is None,
            "first_day": datetime.fromtimestamp(start_unix_nano / 1e9, UTC).date() - timedelta(days=1),
            "first_minute": start_unix_nano // _MINUTE_NS,
            "last_minute": end_unix_nano // _MINUTE_NS,
            "start_unix_nano": start_unix_nano,
            "end_unix_nano": end_unix_nano,
            "operations_per_service": _OPERATIONS_PER_SERVICE,
            "operations": MOST_OPERATIONS,
        }
        try:
            result = self._handle.query(
                statement("read_root_throughput.sql"),
                parameters=parameters,
                query_formats={"String": "bytes"},
                settings=_SETTINGS,
            )
        except ClickHouseError as error:
            raise StoreError(short(error)) from None
        return {(_text(service), _text(name)): _throughput(told) for service, name, told in result.result_rows}


def _throughput(counts: Sequence[tuple[bytes, int]]) -> Throughput:
    known = [(probability_of(told), spans) for told, spans in counts]
    return Throughput(
        sum(spans for probability, spans in known if probability),
        sum(spans / probability for probability, spans in known if probability),
        sum(spans / probability**2 for probability, spans in known if probability),
        sum(spans for probability, spans in known if not probability),
    )


def _text(name: bytes) -> str:
    return name.decode(errors="replace")
