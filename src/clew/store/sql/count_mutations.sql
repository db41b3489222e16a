SELECT count(), anyIf(latest_fail_reason, latest_fail_reason != '')
FROM system.mutations
WHERE database = 'clew' AND NOT is_done AND table IN {tables:Array(String)}
