INSERT INTO clew.day_verdicts (tenant, trace_id, service, span_count, error_count, rule, weight, is_new)
SELECT tenant, trace_id, service, span_count, error_count, rule, weight, is_new
FROM (/* judge_traces.sql */)
