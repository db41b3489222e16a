WITH
    started AS
    (
        SELECT trace_id, received_day
        FROM clew.trace_starts
        WHERE tenant = {tenant:String}
            AND second >= arrayMin({windows:Array(UInt64)}) * 60
            AND second < (arrayMax({windows:Array(UInt64)}) + 1) * 60
            AND has({windows:Array(UInt64)}, intDiv(second, 60))
    )
SELECT
    trace_id,
    toUInt32(intDiv(min(start_time_unix_nano), 60000000000)) AS window,
    toUInt32(intDiv(max(end_time_unix_nano), 60000000000)) AS last_minute,
    sum(span_count)
FROM clew.traces
WHERE tenant = {tenant:String}
    AND received_day >= (SELECT min(received_day) FROM started) - {look_back_days:UInt16}
    AND trace_id IN (SELECT trace_id FROM started)
GROUP BY trace_id
HAVING has({windows:Array(UInt64)}, window)
ORDER BY trace_id
