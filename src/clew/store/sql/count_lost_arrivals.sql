SELECT count()
FROM clew.day_verdicts
WHERE weight = 0 AND (tenant, trace_id) IN
(
    SELECT tenant, trace_id
    FROM clew.trace_starts
    WHERE toInt64(splitByChar('_', _part)[3]) > {after:Int64} AND _block_number > {after:Int64}
)
