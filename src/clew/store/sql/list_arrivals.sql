SELECT toDate(partition), max(max_block_number)
FROM system.parts
WHERE database = 'clew' AND table = 'trace_starts' AND active
GROUP BY partition
ORDER BY partition
