ALTER TABLE clew.trace_starts DELETE
WHERE received_day IN {days:Array(Date)}
    AND intDiv(second, 60) IN (SELECT arrayJoin(minutes) FROM clew.lost_traces)
    AND (tenant, trace_id) IN (SELECT tenant, trace_id FROM clew.lost_traces)
