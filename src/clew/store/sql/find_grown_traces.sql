-- A row of `traces` holds what one load brought of a trace, or several after a merge. A trace that gets fewer spans
-- than `least_new` with each load takes hours to become huge, and is left to whoever asks for it.
SELECT tenant, trace_id
FROM clew.traces
WHERE (tenant, trace_id) IN
(
    SELECT tenant, trace_id
    FROM clew.traces
    WHERE _part IN {parts:Array(String)} AND span_count >= {least_new:UInt64}
)
GROUP BY tenant, trace_id
HAVING sum(span_count) BETWEEN {least:UInt64} AND {most:UInt64}
ORDER BY max(end_time_unix_nano) DESC
LIMIT {limit:UInt64}
