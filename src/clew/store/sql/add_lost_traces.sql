INSERT INTO clew.lost_traces (tenant, trace_id, span_count, minutes, days)
SELECT tenant, trace_id, span_count, minutes, days
FROM clew.due_traces
INNER JOIN (SELECT tenant, trace_id, span_count FROM clew.day_verdicts WHERE weight = 0) AS lost USING (tenant, trace_id)
