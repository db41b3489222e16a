WITH arrived AS
(
    SELECT tenant, trace_id, min(start_time_unix_nano) AS arrived_unix_nano
    FROM clew.trace_starts
    WHERE received_day = {received_day:Date}
        AND toInt64(splitByChar('_', _part)[3]) > {after:Int64}
        AND _block_number > {after:Int64}
        AND _block_number <= {upto:Int64}
    GROUP BY tenant, trace_id
)
SELECT
    tenant,
    intDiv(start, 60000000000) AS window,
    -- These may have started elsewhere before: what came is the earliest of them, and they are in several minutes.
    groupArrayIf(trace_id, arrived_unix_nano = start AND intDiv(end, 60000000000) > intDiv(start, 60000000000)) AS moved,
    max(intDiv(end, 60000000000)) AS last_minute
FROM arrived
INNER JOIN
(
    SELECT tenant, trace_id, min(start_time_unix_nano) AS start, max(end_time_unix_nano) AS end
    FROM clew.traces
    WHERE received_day >= {received_day:Date} - {look_back_days:UInt16}
        AND (tenant, trace_id) IN (SELECT tenant, trace_id FROM arrived)
    GROUP BY tenant, trace_id
) AS extents USING (tenant, trace_id)
GROUP BY tenant, window
ORDER BY tenant, window
