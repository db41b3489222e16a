WITH
    slice_ids AS
    (
        SELECT trace_id
        FROM clew.trace_starts
        WHERE tenant = {tenant:String}
            AND second BETWEEN intDiv({first:UInt64}, 1000000000) AND intDiv({last:UInt64}, 1000000000)
            AND start_time_unix_nano BETWEEN {first:UInt64} AND {last:UInt64}
    ),
    begun AS
    (
        SELECT
            trace_id,
            min(start_time_unix_nano) AS start,
            -- as in summarise_traces.sql
            if(start = 0, 0, toInt64(least(reinterpretAsUInt64(max(end_time_unix_nano) - start), 9223372036854775807))) AS duration,
            min(root) AS earliest_root,
            sum(span_count) AS spans,
            sum(error_count) AS errors
        FROM clew.traces
        WHERE tenant = {tenant:String} AND trace_id IN (slice_ids)
        GROUP BY trace_id
        HAVING start BETWEEN {first:UInt64} AND {last:UInt64} AND /*of_trace*/
    )
SELECT intDiv(start, {width:UInt64}) AS bucket, sum(matching), count()
FROM (/*matching*/)
GROUP BY bucket
