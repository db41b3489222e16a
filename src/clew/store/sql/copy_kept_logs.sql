INSERT INTO clew_kept.logs
-- a log record goes and stays with its trace; without one it has the age of its service
SELECT *
FROM clew.logs
WHERE received_day = {day:Date}
    AND (
        (tenant, trace_id) IN (SELECT tenant, toString(trace_id) FROM clew.day_verdicts WHERE weight > 0)
        OR (tenant, trace_id) IN (SELECT tenant, toString(trace_id) FROM clew.pins FINAL WHERE is_pinned)
        OR (
            (tenant, trace_id) NOT IN (SELECT tenant, toString(trace_id) FROM clew.day_verdicts)
            AND (tenant, trace_id) NOT IN
            (
                SELECT tenant, toString(trace_id)
                FROM clew.trace_weights
                WHERE weight = 0 AND (tenant, toString(trace_id)) IN (SELECT tenant, trace_id FROM clew.logs WHERE received_day = {day:Date})
            )
            AND received_day >= greatest({budget_day:Date}, if(has({services:Array(String)}, toString(service)),
                arrayElement({service_days:Array(Date)}, indexOf({services:Array(String)}, toString(service))), {first_day:Date}))
        )
    )
