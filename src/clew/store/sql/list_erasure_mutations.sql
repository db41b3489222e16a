SELECT table, max(toUInt64(extract(mutation_id, '\\d+'))), countIf(NOT is_done), anyIf(latest_fail_reason, latest_fail_reason != '' AND NOT is_done)
FROM system.mutations
WHERE database = 'clew' AND position(command, {erasure:String}) > 0
GROUP BY table
ORDER BY table
