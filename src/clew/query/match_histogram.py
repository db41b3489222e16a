"""How many spans and traces match, over time: exact, by the start of the trace."""

from dataclasses import replace

from clew.errors import BadQuery
from clew.model.time_step import round_step_ns
from clew.model.trace import MatchBucket, MatchHistogram
from clew.query.binder import Binder
from clew.query.condition import ALWAYS, Condition
from clew.query.partial import leaves, relaxed, split
from clew.query.patterns import check_patterns
from clew.query.search import TraceQuery
from clew.query.search_plan import MAX_UINT64, MINUTE_NS, bounds_of, condition_of
from clew.query.span_sql import span_sql
from clew.query.statement import fragment
from clew.query.token_lookup import TokenLookup
from clew.query.trace_sql import trace_sql
from clew.store.engine import Engine


def count_matches(engine: Engine, query: TraceQuery, buckets: int) -> MatchHistogram:
    """The traces that the query finds (all pages of them) and their spans for which its condition holds.

    Raises as `count_matching` does, and BadQuery when the query's text can't be read.
    """
    return count_matching(engine, query, condition_of(query), buckets)


def count_matching(engine: Engine, query: TraceQuery, condition: Condition, buckets: int) -> MatchHistogram:
    """The same for a condition and the times of a query, in at most `buckets` + 1 of them.

    They are of a round length and begin at multiples of it (UTC), so that two looks at one time agree on their edges;
    what is outside of the query's times isn't counted in the first and the last. The query needs `start_ns` and
    `end_ns`. Raises QueryTooExpensive at a limit of the engine.
    """
    if query.start_ns is None or query.end_ns is None or query.end_ns <= query.start_ns:
        raise BadQuery("end", "must be after start; give both, such as start=now-1h&end=now")
    bounds = bounds_of(replace(query, cursor=None))
    width_ns = round_step_ns(query.end_ns - query.start_ns, buckets)
    binder = Binder()
    sql = _statement(engine, query.tenant, condition, binder)
    parameters = {
        **binder.parameters,
        "tenant": query.tenant,
        "first": bounds.first_ns,
        "last": bounds.last_ns,
        # See TraceSearch: later spans belong to few traces, which are asked for by id.
        "last_span": min(bounds.last_ns + MINUTE_NS, MAX_UINT64),
        "width": width_ns,
    }
    found = {row[0]: (int(row[1]), int(row[2])) for row in engine.read(sql, parameters)}
    numbers = range(query.start_ns // width_ns, (query.end_ns - 1) // width_ns + 1)
    filled = tuple(MatchBucket(number * width_ns, *found.get(number, (0, 0))) for number in numbers)
    return MatchHistogram(
        filled, width_ns, sum(bucket.span_count for bucket in filled), sum(bucket.trace_count for bucket in filled)
    )


def _statement(engine: Engine, tenant: str, condition: Condition, binder: Binder) -> str:
    check_patterns(engine, condition)
    parts = split(condition)
    found = TokenLookup(engine, tenant).find((*leaves(parts.of_span), *leaves(parts.mixed)))
    if parts.mixed != ALWAYS:
        matching = fragment("matching_mixed.sql").replace("/*mixed*/", span_sql(parts.mixed, found, binder))
    elif parts.of_span != ALWAYS:
        matching = fragment("matching_spans.sql")
    else:
        matching = fragment("matching_traces.sql")
    on_spans = span_sql(parts.of_span, found, binder)
    if parts.mixed != ALWAYS:
        on_spans = f"{on_spans} AND {span_sql(relaxed(parts.mixed), found, binder)}"
    sql = fragment("count_matches.sql").replace("/*of_trace*/", trace_sql(parts.of_trace, binder))
    return sql.replace("/*matching*/", matching.replace("/*condition*/", on_spans))
