INSERT INTO clew.due_traces (tenant, trace_id, minutes, days)
WITH arrived AS
(
    SELECT tenant, trace_id
    FROM clew.trace_starts
    WHERE /*arrived_between.sql*/
)
SELECT tenant, trace_id, groupUniqArrayArray(traces.minutes), groupUniqArray(received_day)
FROM clew.traces
WHERE received_day >= {first_received_day:Date}
    AND (tenant, trace_id) IN (SELECT tenant, trace_id FROM arrived)
    -- those of which something came since are decided when that is old enough, too
    AND (tenant, trace_id) NOT IN
    (
        SELECT tenant, trace_id
        FROM clew.trace_starts
        WHERE received_day >= {first_received_day:Date}
            AND toInt64(splitByChar('_', _part)[3]) >
                arrayElement({due_blocks:Array(Int64)}, indexOf({due_days:Array(Date)}, received_day))
            AND _block_number > arrayElement({due_blocks:Array(Int64)}, indexOf({due_days:Array(Date)}, received_day))
            AND (tenant, trace_id) IN (SELECT tenant, trace_id FROM arrived)
    )
GROUP BY tenant, trace_id
