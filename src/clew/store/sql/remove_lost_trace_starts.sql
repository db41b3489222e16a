ALTER TABLE clew.trace_starts
DELETE IN PARTITION ID /*partition*/ WHERE intDiv(second, 60) IN (SELECT arrayJoin(minutes) FROM clew.lost_traces)
    AND (tenant, trace_id) IN (SELECT tenant, trace_id FROM clew.lost_traces)
