ALTER TABLE clew.traces DELETE
WHERE received_day IN {days:Array(Date)}
    AND (tenant, trace_id) IN (SELECT tenant, trace_id FROM clew.lost_traces)
