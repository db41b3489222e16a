ALTER TABLE clew.spans
DELETE IN PARTITION ID /*partition*/ WHERE intDiv(start_time_unix_nano, 60000000000) IN (SELECT arrayJoin(minutes) FROM clew.lost_traces)
    AND (tenant, trace_id) IN (SELECT tenant, trace_id FROM clew.lost_traces)
