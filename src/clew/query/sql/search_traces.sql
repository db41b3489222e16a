SELECT
    hex(trace_id) AS id,
    min(start_time_unix_nano) AS start,
    toInt64(least(reinterpretAsUInt64(max(end_time_unix_nano) - start), 9223372036854775807)) AS duration,
    min(root) AS earliest_root,
    sum(span_count) AS spans,
    sum(error_count) AS errors,
    arraySort(groupUniqArrayArray(services)) AS service_names
FROM clew.traces
WHERE tenant = {tenant:String} AND /*candidates*/
GROUP BY trace_id
HAVING start >= {start:UInt64}
    AND start <= {last_start:UInt64}
    AND duration >= {min_duration:Int64}
    AND duration <= {max_duration:Int64}
    AND (start < {cursor_start:UInt64} OR (start = {cursor_start:UInt64} AND id > {cursor_id:String}))
ORDER BY start DESC, id
LIMIT {limit:UInt32}
