SELECT
    trace_id,
    min(start_time_unix_nano) AS start,
    -- as in summarise_traces.sql
    if(start = 0, 0, toInt64(least(reinterpretAsUInt64(max(end_time_unix_nano) - start), 9223372036854775807))) AS duration,
    min(root) AS earliest_root,
    sum(span_count) AS spans,
    sum(error_count) AS errors
FROM clew.traces
WHERE tenant = {tenant:String}
    AND trace_id IN
    (
        SELECT trace_id
        FROM clew.trace_starts
        WHERE tenant = {tenant:String}
            AND second BETWEEN intDiv({first:UInt64}, 1000000000) AND intDiv({last:UInt64}, 1000000000)
            AND start_time_unix_nano BETWEEN {first:UInt64} AND {last:UInt64}
    )
    AND /*spans*/
GROUP BY trace_id
HAVING start BETWEEN {first:UInt64} AND {last:UInt64}
    AND (start < {after_start:UInt64} OR (start = {after_start:UInt64} AND trace_id > toFixedString(unhex({after_id:String}), 16)))
    AND /*condition*/
ORDER BY start DESC, trace_id
LIMIT {limit:UInt32}
