SELECT DISTINCT tenant, window
FROM clew.graph_links
WHERE (tenant, trace_id) IN
(
    SELECT tenant, trace_id
    FROM clew.trace_starts
    WHERE received_day = {received_day:Date}
        AND toInt64(splitByChar('_', _part)[3]) > {after:Int64}
        AND _block_number > {after:Int64}
        AND _block_number <= {upto:Int64}
)
