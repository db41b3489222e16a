SELECT count()
FROM clew.traces
WHERE tenant = {tenant:String} AND trace_id = toFixedString(unhex({trace_id:String}), 16)
    -- what sampling is removing is still there, and can't be kept any more
    AND NOT (
        (SELECT max(is_removing) FROM clew.sampling_positions FINAL)
        AND (tenant, trace_id) IN (SELECT tenant, trace_id FROM clew.lost_traces))
