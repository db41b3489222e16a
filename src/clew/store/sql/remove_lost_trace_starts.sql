ALTER TABLE clew.trace_starts DELETE
WHERE received_day IN {days:Array(Date)}
    AND intDiv(second, 60) IN (SELECT arrayJoin(minutes) FROM clew.due_traces)
    AND (tenant, trace_id) IN (SELECT tenant, trace_id FROM clew.day_verdicts WHERE weight = 0)
