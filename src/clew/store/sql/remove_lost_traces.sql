ALTER TABLE clew.traces
DELETE IN PARTITION ID /*partition*/ WHERE (tenant, trace_id) IN (SELECT tenant, trace_id FROM clew.lost_traces)
