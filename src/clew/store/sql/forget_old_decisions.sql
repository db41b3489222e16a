ALTER TABLE clew.trace_weights DELETE
WHERE decided_day < {first_day:Date}
    AND (tenant, trace_id) NOT IN (SELECT tenant, trace_id FROM clew.traces)
