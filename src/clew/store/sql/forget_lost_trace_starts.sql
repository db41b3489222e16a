ALTER TABLE clew.trace_starts
DELETE IN PARTITION ID /*partition*/ WHERE (tenant, trace_id) NOT IN (SELECT tenant, trace_id FROM clew.day_verdicts WHERE weight > 0)
