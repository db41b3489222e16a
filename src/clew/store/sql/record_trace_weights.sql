INSERT INTO clew.trace_weights (tenant, decided_day, trace_id, rule, weight)
SELECT tenant, {decided_day:Date}, trace_id, rule, weight
FROM clew.day_verdicts
WHERE is_new
