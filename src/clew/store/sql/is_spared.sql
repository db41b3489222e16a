(tenant, trace_id) IN (SELECT tenant, trace_id FROM clew.pins FINAL WHERE is_pinned)
OR (tenant, trace_id) IN
(
    SELECT tenant, trace_id
    FROM clew.trace_starts
    WHERE toInt64(splitByChar('_', _part)[3]) > {after:Int64} AND _block_number > {after:Int64}
)
